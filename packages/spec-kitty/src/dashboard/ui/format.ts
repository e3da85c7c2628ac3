import { CLOCK_SKEW_MS } from '../clock-skew.js'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Returns a duration in its largest units, at most two: `3 d 4 h`, `12 min`, `8 s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole >= DAY) return twoUnits(whole, DAY, 'd', HOUR, 'h')
  if (whole >= HOUR) return twoUnits(whole, HOUR, 'h', MINUTE, 'min')
  if (whole >= MINUTE) return `${Math.floor(whole / MINUTE)} min`
  return `${whole} s`
}

function twoUnits(seconds: number, large: number, name: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % large) / small)
  const first = `${Math.floor(seconds / large)} ${name}`
  return rest === 0 ? first : `${first} ${rest} ${smallName}`
}

/** Returns a duration in its largest unit: `3 d`, `12 min`, `8 s`. */
export function formatRough(seconds: number): string {
  return formatDuration(seconds).split(' ').slice(0, 2).join(' ')
}

/** Returns whether a time is in the future by more than clocks normally differ. If so, it is unknown how long ago it was. */
function isFuture(then: number, now: number): boolean {
  return then - now > CLOCK_SKEW_MS
}

/** Returns how long ago something was: `just now`, `5 min ago`, `3 d ago`. A time in the future is `in 10 h`. */
export function formatAgo(then: number, now: number): string {
  const seconds = Math.floor((now - then) / 1000)
  if (isFuture(then, now)) return `in ${formatRough(-seconds)}`
  if (seconds < 45) return 'just now'
  if (seconds < HOUR) return `${Math.max(1, Math.round(seconds / MINUTE))} min ago`
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`
  return `${Math.floor(seconds / DAY)} d ago`
}

/** Returns how long something has lasted: `for 12 min`. For a time in the future, only says that it is in the future. */
export function formatSince(then: number, now: number): string {
  return isFuture(then, now) ? 'since a time in the future' : `for ${formatRough((now - then) / 1000)}`
}

/** Returns a size in the largest decimal unit in which it is at least 1: `812 B`, `12.3 kB`, `84 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const
  let size = bytes
  let unit = 0
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000
    unit += 1
  }
  const digits = unit === 0 || size >= 100 ? 0 : 1
  return `${size.toFixed(digits).replace(/\.0$/, '')} ${units[unit] ?? 'B'}`
}

/** Returns a share from 0 to 1 in whole per cent. Only exactly 1 is `100 %`, and only exactly 0 is `0 %`. */
export function formatShare(share: number): string {
  const percent = Math.round(share * 100)
  if (percent >= 100 && share < 1) return '99 %'
  if (percent <= 0 && share > 0) return '1 %'
  return `${percent} %`
}

/** Returns a count with its noun: `1 file`, `3 files`. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`
}
