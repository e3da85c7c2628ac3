/** What many pages, or a client that floods, ask for at the same time: done in turn, and no more often than it must be. */

type InTurn<T> = (key: string, signal: AbortSignal, work: () => Promise<T>) => Promise<T>

/**
 * Returns a function that runs at most `limit` pieces of work at once, and the others in the order in which they came. All
 * who wait for work of the same key get the result of one run; it begins after each of them has asked, so it is as new
 * as one of their own. Where every one of them has gone before its turn (their signals are aborted), it throws instead.
 */
export function inTurn<T>(limit: number): InTurn<T> {
  const waiting = new Map<string, { readonly signals: AbortSignal[]; readonly result: Promise<T> }>()
  const next: (() => void)[] = []
  let running = 0

  const run = async (key: string, signals: readonly AbortSignal[], work: () => Promise<T>): Promise<T> => {
    if (running < limit) running += 1
    else await new Promise<void>((resolve) => next.push(resolve))
    try {
      waiting.delete(key)
      if (signals.every(({ aborted }) => aborted)) throw new Error('nobody waits for it any more')
      return await work()
    } finally {
      const follower = next.shift()
      if (follower === undefined) running -= 1
      else follower()
    }
  }
  return (key, signal, work) => {
    const same = waiting.get(key)
    if (same !== undefined) {
      same.signals.push(signal)
      return same.result
    }
    const signals = [signal]
    const isBegun = running < limit
    const result = run(key, signals, work)
    if (!isBegun) waiting.set(key, { signals, result })
    return result
  }
}

/** Returns `read`, whose result is given again to those who ask less than `ms` after it came. */
export function keptFor<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let last: { readonly value: T; readonly at: number } | null = null
  return async () => {
    if (last !== null && performance.now() - last.at < ms) return last.value
    last = null
    const value = await read()
    last = { value, at: performance.now() }
    return value
  }
}
