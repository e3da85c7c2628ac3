const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/**
 * Returns how many whole seconds have passed since a time; null if the text is not a time. Returns 0 for a time in the
 * future.
 */
export function secondsSince(time: string | null, now: number): number | null {
  const at = Date.parse(time ?? '')
  return Number.isNaN(at) ? null : Math.max(0, Math.floor((now - at) / 1000))
}

/** Returns a duration in words, in its largest whole unit: `3 hours`. */
export function describeAge(seconds: number): string {
  const [unit, size] = UNITS.find(([, one]) => seconds >= one) ?? ['second', 1]
  return counted(Math.floor(seconds / size), unit)
}

/** Returns a number with its noun: `1 event`, `2 events`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}
