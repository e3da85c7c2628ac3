/** All times in milliseconds. */
export const TIMING = {
  /** The first wait after a failure; each further one doubles it. */
  backOffMs: 500,
  maxBackOffMs: 5 * 60_000,
  /** A server that asks for more is not believed: it may have meant another unit. */
  maxRetryAfterMs: 60 * 60_000,
  /** While something waits, how often it is tried whether it can leave. */
  lookEveryMs: 5 * 60_000,
  /** From the connection to the last byte of the answer. */
  requestMs: 60_000,
  /** How long `stop` lets the running request go on: a daemon that leaves has five seconds. */
  stopMs: 4_000,
  /** A drain gives up when this many attempts in a row failed, or when the server wants to be left alone for longer. */
  drainAttempts: 5,
  drainWaitMs: 30_000,
} as const

export type UploadTiming = { readonly [name in keyof typeof TIMING]: number }

/** How often something failed in a row, and when it may be tried again, on the clock of the dispatcher. */
export interface BackOff {
  readonly failures: number
  readonly until: number
}

export const NO_BACK_OFF: BackOff = { failures: 0, until: 0 }

export interface Failure {
  readonly now: number
  /** What the server asked for. */
  readonly retryAfterMs: number | null
  /** From 0 to 1. Half of a wait is left to chance, so that many machines do not come back at once. */
  readonly random: number
  readonly timing: UploadTiming
}

/** Returns when to try again after one more failure. */
export function backOff({ failures }: BackOff, { now, retryAfterMs, random, timing }: Failure): BackOff {
  const doubled = Math.min(timing.backOffMs * 2 ** Math.min(failures, 30), timing.maxBackOffMs)
  const wait = Math.max(doubled * (0.5 + random / 2), Math.min(retryAfterMs ?? 0, timing.maxRetryAfterMs))
  return { failures: failures + 1, until: now + wait }
}

/** Reads a `Retry-After` header, seconds or an HTTP date; null if it is neither. `now` is the time of day. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(date - now, 0)
}
