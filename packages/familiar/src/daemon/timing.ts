import type { Timing } from '../act/start-pipe.js'
import { countOf, type JsonObject } from '../identity/narrow.js'

/** Two wake-ups a minute. */
export const TICK_MS = 30_000

/** The sum of what a holder of the life-cycle lock may take stays below the 30 s that others wait for it. */
export const DRAIN_MS = 5_000

/** A minute between two clean-ups: a command a second must not cost a look a second. */
export const CLEAN_EVERY_MS = 60_000

/** Two machines that share a home by a file synchroniser overwrite each other's record: a minute keeps that quiet. */
export const OVERWRITE_EVERY_MS = 60_000

/** A daemon that hangs on its way out is ended this long after the drain bound. */
export const WATCHDOG_MS = 1_000

/** Returns the timing with what the start pipe overrides. */
export function readTiming(defaults: Timing, given: JsonObject | null): Required<Timing> {
  return {
    tickMs: countOf(given?.['tick_ms']) ?? defaults.tickMs,
    idleMs: countOf(given?.['idle_ms']) ?? defaults.idleMs,
    drainMs: countOf(given?.['drain_ms']) ?? defaults.drainMs,
    cleanEveryMs: countOf(given?.['clean_every_ms']) ?? defaults.cleanEveryMs,
    overwriteEveryMs:
      countOf(given?.['overwrite_every_ms']) ?? defaults.overwriteEveryMs ?? OVERWRITE_EVERY_MS,
  }
}
