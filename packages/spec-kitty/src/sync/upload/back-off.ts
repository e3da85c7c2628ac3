import type { UploadTiming } from './upload-timing.js'

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
