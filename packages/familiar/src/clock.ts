/**
 * Returns the time in milliseconds since some fixed moment; it is not affected by clock changes. Used instead of
 * `performance.now()`, because Node 20 loads a dozen modules on the first access to `performance`, which costs every
 * command a millisecond.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/** Returns the local time of day, with the date if it is not today: `12:03:10`. */
export function clockText(time: Date, now: Date = new Date()): string {
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':')
  const isToday = time.toDateString() === now.toDateString()
  return isToday ? clock : `${dateText(time)} ${clock}`
}

/** Returns the end of a wait as text, with the second rounded up: `until 12:03:30`. */
export function untilText(leftMs: number): string {
  const now = new Date()
  const end = Math.ceil((now.getTime() + leftMs) / 1_000) * 1_000
  return `until ${clockText(new Date(end), now)}`
}

/**
 * Returns the bound of a short wait as text: `6 s at most`. Where the wait is shown, `boundLeft` tells what is left of it.
 */
export function boundText(leftMs: number): string {
  return `${Math.max(1, Math.ceil(leftMs / 1_000))} s at most`
}

/** Returns the text with the bound at its end less the time that has passed since: `5 s at most`. */
export function boundLeft(text: string, passedMs: number): string {
  return text.replace(/(?<=, )(\d+)(?= s at most$)/, (seconds) =>
    String(Math.max(0, Number(seconds) - Math.floor(passedMs / 1_000))),
  )
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** Returns a length of time in words, in its largest whole unit: `3 hours`. */
export function describeAge(seconds: number): string {
  const [unit, size] = UNITS.find(([, one]) => seconds >= one) ?? ['second', 1]
  const count = Math.floor(seconds / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/**
 * Returns how long a wait still is, in its two largest units: `1 hour 51 minutes`. Rounded up, because a user who comes
 * back too early has waited in vain.
 */
export function describeWait(seconds: number): string {
  const unit = UNITS.find(([, one]) => seconds >= one)?.[1] ?? 1
  const smaller = UNITS.find(([, one]) => one < unit)?.[1] ?? 1
  const rounded = Math.ceil(seconds / smaller) * smaller
  const rest = rounded % unit
  return rest === 0 ? describeAge(rounded) : `${describeAge(rounded)} ${describeAge(rest)}`
}

function dateText(time: Date): string {
  return [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join('-')
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0')
}
