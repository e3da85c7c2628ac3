const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

const DATE = String.raw`\d{4}-\d\d-\d\d`
const TIME = String.raw`(?:[01]?\d|2[0-3]):\d\d(?::\d\d(?:\.\d+)?)?`

const DURATION = /^(?:(?:0|[1-9]\d*)[smhdw])+$/
const TIME_OF_DAY = new RegExp(`^${TIME}$`)
const MOMENT = new RegExp(`^(${DATE})(?:[T ](${TIME}) ?(Z|[+-]\\d\\d:?\\d\\d)?)?$`, 'i')

/** The formats of a value of `--since`, for messages. */
export const SINCE_EXAMPLES = '2h, 30m, 10s, 14:05, 2026-11-26 or 2026-11-26T14:05'

/**
 * Returns the time that a value of `--since` means; null if it has none of these formats: a duration before now (`2h`,
 * `1h30m`), a date, a date and time, or a time of day. Times are local unless they name a zone. A time of day later than
 * now means yesterday. Pure.
 */
export function momentOf(text: string, now: Date): Date | null {
  if (DURATION.test(text)) return valid(new Date(now.getTime() - secondsIn(text) * 1000))
  if (TIME_OF_DAY.test(text)) return timeOfDay(text, now)
  const [, date, time, zone = ''] = MOMENT.exec(text) ?? []
  if (date === undefined || !isInCalendar(date)) return null
  // JavaScript reads a date and time without a zone as local, but a date alone as UTC, so a time is added.
  return valid(new Date(`${date}T${padded(time ?? '00:00')}${zone.toUpperCase()}`))
}

function secondsIn(duration: string): number {
  const parts = duration.match(/\d+[smhdw]/g) ?? []
  return parts.reduce((sum, part) => sum + Number(part.slice(0, -1)) * (UNIT_SECONDS[part.slice(-1)] ?? 0), 0)
}

function timeOfDay(text: string, now: Date): Date | null {
  const today = valid(new Date(`${dateOf(now)}T${padded(text)}`))
  if (today === null || today <= now) return today
  // Subtracts one from the date instead of 24 hours from the time, because a day on which the clocks change is longer or
  // shorter.
  today.setDate(today.getDate() - 1)
  return today
}

/** Compares the result with the input, because JavaScript turns the 30th of February into the 2nd of March. */
function isInCalendar(date: string): boolean {
  const found = valid(new Date(`${date}T12:00:00Z`))
  return found?.toISOString().startsWith(date) === true
}

function padded(time: string): string {
  return time.padStart(time.indexOf(':') === 1 ? time.length + 1 : time.length, '0')
}

function valid(date: Date): Date | null {
  return Number.isNaN(date.getTime()) ? null : date
}

/** Returns a local date, `2026-11-26`. */
function dateOf(date: Date): string {
  return [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
}

/** Returns a local date and time, `2026-11-26 14:05:09`. */
export function localTime(date: Date): string {
  return `${dateOf(date)} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
