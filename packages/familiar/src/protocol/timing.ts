import { countOf, type JsonObject } from '../json.js'

/** The times of a daemon's life, in milliseconds. Tests lower them through the startup pipe; nothing else can. */
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

/** The names of the times in the startup pipe. */
const TIMING: readonly (readonly [keyof Timing, string])[] = [
  ['tickMs', 'tick_ms'],
  ['idleMs', 'idle_ms'],
  ['drainMs', 'drain_ms'],
  ['cleanEveryMs', 'clean_every_ms'],
  ['overwriteEveryMs', 'overwrite_every_ms'],
]

/** Returns the times as they are sent. */
export function timingToJson(timing: Partial<Timing> = {}): JsonObject {
  return Object.fromEntries(TIMING.map(([name, key]) => [key, timing[name]]))
}

/** Returns the times that were sent; what is missing or no number of milliseconds is left out. */
export function timingFromJson(json: JsonObject | null): Partial<Timing> {
  const given = TIMING.map(([name, key]) => [name, countOf(json?.[key])] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== null))
}
