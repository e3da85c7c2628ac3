/** The full counts take minutes: they are run by a command of their own. */
export const isFull = process.env['FAMILIAR_FULL'] === '1'

/** Returns how often something random is tried: the short count, or with FAMILIAR_FULL=1 the full one. */
export function times(short: number, full: number): number {
  return isFull ? full : short
}

/** Returns the first cases of a list that another test goes through in full, or with FAMILIAR_FULL=1 all. */
export function firstOf<T>(cases: readonly T[], short: number): readonly T[] {
  return isFull ? cases : cases.slice(0, short)
}

/** Long enough for that many attempts, in milliseconds. */
export function timeoutFor(attempts: number, eachMs: number): number {
  return 240_000 + attempts * eachMs
}

/** Returns how often each thing occurs. */
export function tally(things: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const thing of things.toSorted()) counts[thing] = (counts[thing] ?? 0) + 1
  return counts
}

/** Returns the numbers from 0 up to, but not including, `count`, in groups of at most `size`. */
export function inGroups(count: number, size: number): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, group) =>
    Array.from({ length: Math.min(size, count - group * size) }, (_, index) => group * size + index),
  )
}
