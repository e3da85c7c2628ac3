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
 * cut off, or the time of an event comes. Null if neither will.
 */
export function changesAt(files: readonly LogFile[], copies: readonly LogCopy[]): number | null {
  const times = files.flatMap(({ is_unfinished, future }, at) => {
    const copy = copies[at]
    const isWritten = is_unfinished && isBeingWritten(copy)
    const come = future.map((line) => toMilliseconds(line.at)).filter((time) => isFuture(time))
    return [
      ...(isWritten && copy !== undefined ? [changedMs(copy.found) + UNFINISHED_MS + 1] : []),
      ...come.map((time) => Date.parse(time) - CLOCK_SKEW_MS),
    ]
  })
  return times.length === 0 ? null : times.reduce((first, time) => Math.min(first, time))
}
