/** The descriptor of the start pipe, in the daemon: a socket pair, one JSON document a line, both ways. */
export const LEASE_FD = 3

/** A daemon that nobody adopts within this time leaves. */
export const LEASE_MS = 10_000

/** The times of a daemon's life, in milliseconds. Tests lower them through the start pipe; nothing else can. */
export interface Timing {
  /** How often a daemon looks at its own situation. */
  readonly tickMs: number
  /** Idle this long, it leaves; 0: never. */
  readonly idleMs: number
  /** How long a leaving daemon waits for what is in flight. Announced to whoever asks it to leave. */
  readonly drainMs: number
  /** At most this often it cleans up stale siblings. */
  readonly cleanEveryMs: number
  /** At most this often it writes its record over one that names another daemon; a minute where nothing is said. */
  readonly overwriteEveryMs?: number
}
