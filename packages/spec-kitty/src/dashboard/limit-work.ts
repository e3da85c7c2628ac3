/** Limits the work that many pages, or a client that floods, request at the same time. */

type InTurn<T> = (key: string, signal: AbortSignal, work: () => Promise<T>) => Promise<T>

/**
 * Returns a function that runs at most `limit` pieces of work at once and queues the others in order of arrival. Callers
 * that wait with the same key share one run. It begins after all of them have called, so its result is as fresh as that
 * of a separate run. If the signals of all of them are aborted before the run begins, the call throws.
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
      if (signals.every(({ aborted }) => aborted)) throw new Error('every caller has given up')
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

/** Returns a function that does the pieces of work of each key one after the other. */
export function oneByOne(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return async (key, work) => {
    const before = last.get(key)?.catch(() => undefined)
    const result = before === undefined ? work() : before.then(work)
    last.set(key, result)
    try {
      return await result
    } finally {
      if (last.get(key) === result) last.delete(key)
    }
  }
}

export interface WorkCount {
  /** Does the work, and counts it until it has ended. */
  during<T>(work: () => Promise<T>): Promise<T>
  /** Resolves when no work is being done, or after `maxMs` milliseconds. */
  whenIdle(maxMs: number): Promise<void>
}

/** Counts the work that is being done, so that work that can wait does not slow it down. */
export function countWork(): WorkCount {
  const waiting = new Set<() => void>()
  let running = 0
  return {
    async during(work) {
      running += 1
      try {
        return await work()
      } finally {
        running -= 1
        if (running === 0) for (const resolve of waiting) resolve()
      }
    },
    whenIdle: (maxMs) =>
      running === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            const end = (): void => {
              clearTimeout(timer)
              waiting.delete(end)
              resolve()
            }
            const timer = setTimeout(end, maxMs).unref()
            waiting.add(end)
          }),
  }
}

/** Returns a function that calls `read` and reuses the result for `ms` milliseconds. Failures are not reused. */
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

/** Returns a function. If that function has not been called for `ms` milliseconds, `rest` is called. */
export function afterRest(ms: number, rest: () => unknown): () => void {
  const timer = setTimeout(rest, ms).unref()
  return () => void timer.refresh()
}
