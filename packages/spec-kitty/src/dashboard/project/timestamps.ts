import { CLOCK_SKEW_MS } from '../clock-skew.js'

/** Matches the usual format in the log. Days that not every month has are left to `Date`. */
const UTC =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|\+00:00)$/

const INSTANT = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?(Z|[+-]\d\d:?\d\d)?)?$/i

/** The latest time that a `Date` can represent. */
const LAST_DATE_MS = 8_640_000_000_000_000

/**
 * Converts an ISO 8601 time to UTC text that sorts by time, to the nanosecond, because events of one writer differ by
 * microseconds, which a `Date` does not keep. A time without a zone counts as UTC. A date, or a time without seconds,
 * counts as its beginning, because logs that were generated from old front matter contain what people wrote there. Null
 * for anything else, and for a day that does not exist in its month.
 */
export function instantOf(text: string): string | null {
  if (UTC.test(text)) {
    const fraction = text.slice(20, text.endsWith('Z') ? -1 : -6)
    return `${text.slice(0, 19)}.${fraction.padEnd(9, '0')}Z`
  }
  const [, date, minute = '00:00', second = '00', fraction = '', zone = 'Z'] =
    INSTANT.exec(text.trim().replace(' ', 'T')) ?? []
  if (date === undefined || !isDay(date)) return null
  const offset = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()
  const seconds = isoOf(Date.parse(`${date}T${minute}:${second}${offset}`))
  return seconds === null ? null : `${seconds.slice(0, -5)}.${fraction.padEnd(9, '0')}Z`
}

/** `Date` turns the 30th of February into the 2nd of March. */
function isDay(date: string): boolean {
  return isoOf(Date.parse(`${date}T00:00Z`))?.startsWith(date) === true
}

/** Returns ISO 8601 UTC to the millisecond; null if the time is out of range, as on a broken file system. */
export function isoOf(milliseconds: number): string | null {
  return Math.abs(milliseconds) <= LAST_DATE_MS ? new Date(milliseconds).toISOString() : null
}

/** Shortens a result of `instantOf` to milliseconds, the usual format of ISO 8601. */
export function toMilliseconds(instant: string): string {
  return `${instant.slice(0, -7)}Z`
}

/** Returns whether a time, in ISO 8601 UTC to the millisecond, is in the future, and not only by a clock error. */
export function isFuture(time: string): boolean {
  return Date.parse(time) - Date.now() > CLOCK_SKEW_MS
}

/** Returns how far a time, as `instantOf` returns it, is in the future: `10 h`. Null if it is not, or only by a clock error. */
export function futureOf(instant: string): string | null {
  const time = toMilliseconds(instant)
  if (!isFuture(time)) return null
  const ahead = Date.parse(time) - Date.now()
  const minutes = Math.round(ahead / 60_000)
  if (minutes < 120) return `${minutes} min`
  return minutes < 2 * 24 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 60 / 24)} d`
}

/** Returns a function that checks whether a time is in the future. It is fast, because a log has many lines. */
export function futureCheck(): (instant: string) => boolean {
  let soon = ''
  return (instant) => {
    if (instant <= soon) return false
    soon = instantOf(new Date(Date.now() + CLOCK_SKEW_MS).toISOString()) ?? ''
    return instant > soon
  }
}
