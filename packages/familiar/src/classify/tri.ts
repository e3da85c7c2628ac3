/** A fact about the machine: known to hold, known not to hold, or not known. A missing permission gives `unknown`. */
export type Tri = 'yes' | 'no' | 'unknown'

/** Returns `yes` or `no` for a known boolean, and `unknown` for null. */
export function tri(value: boolean | null): Tri {
  if (value === null) return 'unknown'
  return value ? 'yes' : 'no'
}

/** Returns whether two values are equal; `unknown` if either is null. */
export function same<T>(a: T | null, b: T | null): Tri {
  return a === null || b === null ? 'unknown' : tri(a === b)
}

/** Returns `no` if any part is `no`; otherwise `unknown` if any part is unknown; otherwise `yes`. */
export function every(...parts: readonly Tri[]): Tri {
  if (parts.includes('no')) return 'no'
  return parts.includes('unknown') ? 'unknown' : 'yes'
}

/** Returns `yes` if any part is `yes`; otherwise `unknown` if any part is unknown; otherwise `no`. */
export function some(...parts: readonly Tri[]): Tri {
  if (parts.includes('yes')) return 'yes'
  return parts.includes('unknown') ? 'unknown' : 'no'
}
