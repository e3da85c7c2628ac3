/** Returns a time as a clock on the wall shows it, with the date if that is not today: `12:03:10`. */
export function clockText(time: Date, now: Date = new Date()): string {
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':')
  const isToday = time.toDateString() === now.toDateString()
  return isToday ? clock : `${dateText(time)} ${clock}`
}

/** Returns the end of a wait as text: `until 12:03:30`. */
export function untilText(leftMs: number): string {
  const now = new Date()
  return `until ${clockText(new Date(now.getTime() + leftMs), now)}`
}

function dateText(time: Date): string {
  return [time.getFullYear(), time.getMonth() + 1, time.getDate()].map(twoDigits).join('-')
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0')
}
