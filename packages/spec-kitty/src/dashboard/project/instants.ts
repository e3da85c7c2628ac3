const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)?$/i

/** The largest time that a `Date` can hold. */
const LAST_DATE_MS = 8_640_000_000_000_000

/**
 * Returns an ISO 8601 time as text that sorts by time, to the nanosecond: events of one writer differ by microseconds,
 * which a `Date` does not keep. Without a zone it is UTC. Null for anything else.
 */
export function instantOf(text: string): string | null {
  const [, base, fraction = '', zone = 'Z'] = INSTANT.exec(text.trim().replace(' ', 'T')) ?? []
  if (base === undefined) return null
  const offset = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()
  const seconds = isoOf(Date.parse(base.toUpperCase() + offset))
  return seconds === null ? null : `${seconds.slice(0, -5)}.${fraction.padEnd(9, '0')}Z`
}

/** Returns ISO 8601 UTC to the millisecond; null for what is no date, as the times of a broken file system may be. */
export function isoOf(milliseconds: number): string | null {
  return Math.abs(milliseconds) <= LAST_DATE_MS ? new Date(milliseconds).toISOString() : null
}

/** Returns what `instantOf` returned to the millisecond, as everybody writes it. */
export function toMilliseconds(instant: string): string {
  return `${instant.slice(0, -7)}Z`
}
