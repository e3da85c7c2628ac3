export { describeAge } from 'familiar/cli'

/**
 * Returns how many whole seconds have passed since a time; null if the text is not a time. Returns 0 for a time in the
 * future.
 */
export function secondsSince(time: string | null, now: number): number | null {
  const at = Date.parse(time ?? '')
  return Number.isNaN(at) ? null : Math.max(0, Math.floor((now - at) / 1000))
}

/** Returns a number with its noun: `1 event`, `2 events`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}
