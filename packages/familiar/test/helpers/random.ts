import { randomInt } from 'node:crypto'
import { onTestFailed } from 'vitest'
import { randomFrom } from './random-from.cjs'

export { randomFrom }

/** A source of random numbers, and the seed that repeats it. */
export interface Seeded {
  readonly seed: number
  /** Returns the next number, from 0 up to, but not including, 1. */
  readonly random: () => number
}

/** Returns FAMILIAR_SEED if it is set, else a new seed. For a test that has the seed in its title; others use `seeded`. */
export function newSeed(): number {
  return Number(process.env['FAMILIAR_SEED'] ?? randomInt(2 ** 31))
}

/** Returns random numbers for the running test. If the test fails, the seed that repeats them is printed. */
export function seeded(name: string): Seeded {
  const seed = newSeed()
  onTestFailed(() => console.error(`${name}: to repeat this, set FAMILIAR_SEED=${seed}`))
  return { seed, random: randomFrom(seed) }
}
