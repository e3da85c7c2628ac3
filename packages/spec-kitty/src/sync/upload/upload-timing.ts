/** All times in milliseconds. */
export const TIMING = {
  /** The first wait after a failure; each further one doubles it. */
  backOffMs: 500,
  maxBackOffMs: 5 * 60_000,
  /** The longest wait that a server may ask for. If it asks for more, it probably means another unit. */
  maxRetryAfterMs: 60 * 60_000,
  /** How often sending is tried while events wait. */
  lookEveryMs: 5 * 60_000,
  /** The time limit of a request, from the connection to the last byte of the answer. */
  requestMs: 60_000,
  /**
   * How long `stop`, or a change of the server, lets the running request continue. A daemon that shuts down has five
   * seconds.
   */
  stopMs: 2_500,
  /** A drain gives up when this many attempts in a row have failed, or when the server asks for a longer wait. */
  drainAttempts: 5,
  /** The same for attempts that fail at the queue, because each has already waited for other processes that write to it. */
  drainQueueAttempts: 2,
  drainWaitMs: 30_000,
} as const

export type UploadTiming = { readonly [name in keyof typeof TIMING]: number }
