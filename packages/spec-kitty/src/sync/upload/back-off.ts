/** All times in milliseconds. */
export const TIMING = {
  /** The first wait after a failure. Each further failure doubles it. */
  backOffMs: 500,
  maxBackOffMs: 5 * 60_000,
  /** The longest wait that a server may ask for. If it asks for a longer one, it probably uses another unit. */
  maxRetryAfterMs: 60 * 60_000,
  /** How often sending is tried while events wait. */
  lookEveryMs: 5 * 60_000,
  /** The time limit of a request, from the connection to the last byte of the answer. */
  requestMs: 60_000,
  /** How long `stop` lets the running request continue. A daemon has five seconds to shut down. */
  stopMs: 2_500,
  /** A drain gives up when this many attempts in a row have failed, or when the server asks for a longer wait. */
  drainAttempts: 5,
  drainWaitMs: 30_000,
} as const

export type UploadTiming = { readonly [name in keyof typeof TIMING]: number }

/** How often something has failed in a row, and when it may be tried again, on the clock of the dispatcher. */
export interface BackOff {
  readonly failures: number
  /** How often the wait was doubled: the number of failures, except attempts that a user asked for during a wait. */
  readonly step: number
  readonly until: number
}

export const NO_BACK_OFF: BackOff = { failures: 0, step: 0, until: 0 }

export interface Failure {
  readonly now: number
  /** The wait that the server asked for, in milliseconds. */
  readonly retryAfterMs: number | null
  /** A random number from 0 to 1. Half of each wait is random, so that many machines do not return at the same moment. */
  readonly random: number
  readonly timing: UploadTiming
  /** Whether a user asked for the attempt, which was then made before it was due. */
  readonly isHurried: boolean
}

/**
 * Returns when to try again after one more failure. An attempt that a user asked for during a wait does not change the
 * wait, unless the server asks for a longer one. Otherwise a user who tries repeatedly would keep delaying the next
 * attempt. If the wait has ended meanwhile, the attempt counts as the one that was due.
 */
export function backOff({ failures, step, until }: BackOff, failure: Failure): BackOff {
  const { now, retryAfterMs, random, timing, isHurried } = failure
  const asked = Math.min(retryAfterMs ?? 0, timing.maxRetryAfterMs)
  if (isHurried && until > now) return { failures: failures + 1, step, until: Math.max(until, now + asked) }
  const doubled = Math.min(timing.backOffMs * 2 ** Math.min(step, 30), timing.maxBackOffMs)
  const wait = Math.max(doubled * (0.5 + random / 2), asked)
  return { failures: failures + 1, step: step + 1, until: now + wait }
}

/** Parses a `Retry-After` header, seconds or an HTTP date; null if it is neither. `now` is the time of day. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(date - now, 0)
}
