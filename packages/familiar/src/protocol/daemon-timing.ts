import { countOf, type JsonObject } from '../json.js'

/** The time limits of a daemon, in milliseconds. Only tests can lower them, through the startup pipe. */
export interface Timing {
  /** How often a daemon checks whether it must retire. */
  readonly tickMs: number
  /** How long a daemon must be idle before it exits; 0 means that it never exits for being idle. */
  readonly idleMs: number
  /**
   * How long a daemon waits for work in flight when it shuts down. It announces this time in its reply to the shutdown
   * request.
   */
  readonly drainMs: number
  /** The minimum time between two clean-ups of stale siblings. */
  readonly cleanEveryMs: number
  /** The minimum time between two overwrites of a record that names another daemon; a minute by default. */
  readonly overwriteEveryMs?: number
}

/** A daemon that is not ready, adopted and recorded, with its work started, within this time has failed. */
export const READY_MS = 15_000

/** The longest delay that a Node timer accepts. A timer with a longer delay fires at once. */
export const MOST_MS = 2 ** 31 - 1

/** The names under which the times are sent through the startup pipe. */
const TIMING: readonly (readonly [keyof Timing, string])[] = [
  ['tickMs', 'tick_ms'],
  ['idleMs', 'idle_ms'],
  ['drainMs', 'drain_ms'],
  ['cleanEveryMs', 'clean_every_ms'],
  ['overwriteEveryMs', 'overwrite_every_ms'],
]

/** Returns the times in the format of the startup pipe. */
export function timingToJson(timing: Partial<Timing> = {}): JsonObject {
  return Object.fromEntries(TIMING.map(([name, key]) => [key, timing[name]]))
}

/**
 * Returns the received times, limited to `MOST_MS`, without those that are missing or are not a number of milliseconds.
 */
export function timingFromJson(json: JsonObject | null): Partial<Timing> {
  const given = TIMING.map(([name, key]) => [name, countOf(json?.[key])] as const)
  return Object.fromEntries(
    given.flatMap(([name, value]) => (value === null ? [] : [[name, Math.min(value, MOST_MS)]])),
  )
}
