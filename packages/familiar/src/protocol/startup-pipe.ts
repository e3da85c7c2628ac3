/** The daemon's file descriptor of the start pipe: a socket pair, one JSON document per line, both ways. */
export const STARTUP_PIPE_FD = 3

/** A daemon that is not adopted within this time exits. */
export const STARTUP_PIPE_MS = 10_000

/** The times of a daemon's life, in milliseconds. Tests lower them through the start pipe; nothing else can. */
export interface Timing {
  /** How often a daemon checks its own situation. */
  readonly tickMs: number
  /** After being idle this long, it leaves; 0: never. */
  readonly idleMs: number
  /** How long a leaving daemon waits for work in flight. Announced in its reply to the request to leave. */
  readonly drainMs: number
  /** The least time between two clean-ups of stale siblings. */
  readonly cleanEveryMs: number
  /** The least time between two overwrites of a record that names another daemon; a minute by default. */
  readonly overwriteEveryMs?: number
}
