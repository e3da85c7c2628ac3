/** One attempt, whose result several callers wait for. */
interface Attempt {
  readonly result: Promise<unknown>
  readonly ending: AbortController
  /** The number of callers that wait for the result. */
  waiting: number
}

const attempts = new WeakMap<object, Map<string, Attempt>>()

/**
 * Runs `work`, or joins a running attempt with the same key. The signal of the work is aborted when the signals of all
 * its callers are.
 */
export async function shareAttempt<T>(
  owner: object,
  key: string,
  signal: AbortSignal,
  work: (shared: AbortSignal) => Promise<T>,
): Promise<T> {
  const open = attempts.get(owner) ?? new Map<string, Attempt>()
  attempts.set(owner, open)
  const attempt = open.get(key) ?? begin(open, key, work)
  attempt.waiting += 1
  const leave = (): void => {
    attempt.waiting -= 1
    if (attempt.waiting > 0) return
    // A new caller must not join an attempt that was aborted.
    if (open.get(key) === attempt) open.delete(key)
    attempt.ending.abort(signal.reason)
  }
  signal.addEventListener('abort', leave, { once: true })
  try {
    return (await attempt.result) as T
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

function begin<T>(
  open: Map<string, Attempt>,
  key: string,
  work: (shared: AbortSignal) => Promise<T>,
): Attempt {
  const ending = new AbortController()
  const attempt: Attempt = { result: work(ending.signal), ending, waiting: 0 }
  open.set(key, attempt)
  const forget = (): void => {
    if (open.get(key) === attempt) open.delete(key)
  }
  attempt.result.then(forget, forget)
  return attempt
}

/** Rejects with the signal's reason as soon as it is aborted. The work continues until it checks the signal itself. */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work(new AbortController().signal)
  signal.throwIfAborted()
  const result = work(signal)
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const settled = (): void => signal.removeEventListener('abort', onAbort)
    result.then(settled, settled)
  })
  return Promise.race([result, aborted])
}
