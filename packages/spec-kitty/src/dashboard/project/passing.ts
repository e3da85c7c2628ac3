import { CLOCK_SKEW_MS } from '../clock-skew.js'
import type { LogFile } from './event-log.js'
import { changedMs } from './last-change.js'
import type { LogCopy } from './read-log-files.js'
import { isFuture, toMilliseconds } from './timestamps.js'

/** If the file has not changed for this long, an unfinished last line is no longer being written. */
const UNFINISHED_MS = 10_000

/** Returns whether an unfinished last line may still be being written. */
export function isBeingWritten(copy: LogCopy | undefined): boolean {
  return copy !== undefined && Date.now() - changedMs(copy.found) <= UNFINISHED_MS
}

/**
 * Returns when a mission changes although none of its files does, in milliseconds since 1970: an unfinished line counts as
 * cut off, or the time of an event or a date of `meta.json` comes. Null if none of them will.
 */
export function changesAt(
  files: readonly LogFile[],
  copies: readonly LogCopy[],
  dates: readonly string[],
): number | null {
  const cutOff = files.flatMap(({ is_unfinished }, at) =>
    copies.slice(at, at + 1).filter((copy) => is_unfinished && isBeingWritten(copy)),
  )
  const ahead = [...dates, ...files.flatMap(({ future }) => future.map((line) => line.at))]
    .map((time) => toMilliseconds(time))
    .filter((time) => isFuture(time))
  const times = [
    ...cutOff.map(({ found }) => changedMs(found) + UNFINISHED_MS + 1),
    ...ahead.map((time) => Date.parse(time) - CLOCK_SKEW_MS),
  ]
  return times.length === 0 ? null : times.reduce((first, time) => Math.min(first, time))
}
