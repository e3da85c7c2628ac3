import { timingFromJson, type Timing } from '../protocol/daemon-timing.js'
import type { JsonObject } from '../json.js'

/** The daemon checks its state twice a minute. */
export const TICK_MS = 30_000

/** By default a daemon that is not used exits after this time; the next command starts another. */
export const IDLE_SECONDS = 3 * 60 * 60

/**
 * The drain time is short, so that all steps of a command that holds the life-cycle lock together take less than the 30 s
 * for which others wait for that lock.
 */
export const DRAIN_MS = 5_000

/** At least a minute between two clean-ups, so that one command per second does not cause one scan per second. */
export const CLEAN_EVERY_MS = 60_000

/**
 * Two machines that share a home through a file synchroniser overwrite each other's record. This limits that to once a
 * minute.
 */
export const OVERWRITE_EVERY_MS = 60_000

/** A daemon that hangs during its shutdown is forced to exit this long after the drain time. */
export const WATCHDOG_MS = 1_000

/** Returns the timing: the defaults, overridden by the values from the startup pipe. */
export function readTiming(defaults: Timing, given: JsonObject | null): Required<Timing> {
  return { overwriteEveryMs: OVERWRITE_EVERY_MS, ...defaults, ...timingFromJson(given) }
}
