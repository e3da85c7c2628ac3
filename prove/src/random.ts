/** A stream of random choices that depends only on its seed. */
export interface Random {
  /** Returns a whole number from 0 up to, not including, `below`. */
  readonly below: (below: number) => number
  /** Returns one of the choices; there must be one. */
  readonly pick: <T>(choices: readonly T[]) => T
  /** Returns true in `percent` of 100 calls. */
  readonly chance: (percent: number) => boolean
}

/** Returns the stream of a seed. Uses the generator mulberry32, whose 32 bits of state are enough to choose test cases. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (bound: number): number => next() % bound
  return {
    below,
    pick: (choices) => {
      const chosen = choices[below(choices.length)]
      if (chosen === undefined) throw new Error('nothing to choose from')
      return chosen
    },
    chance: (percent) => below(100) < percent,
  }
}
