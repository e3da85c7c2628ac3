/**
 * Narrow readers for untrusted JSON: each returns the value when it has exactly the wanted form, else null. Nothing
 * here throws, converts or guesses.
 */

/** The longest string that is taken from another process: a path. Anything longer is not taken at all. */
const MAX_STRING_CHARS = 4096

export type JsonObject = { readonly [key: string]: unknown }

/** Returns a plain JSON object, or null. */
export function objectOf(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

/** Returns a string of reasonable length, or null. */
export function stringOf(value: unknown): string | null {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_STRING_CHARS ? value : null
}

/** Returns an integer that is not negative, or null. */
export function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

/** Returns a TCP port, or null. */
export function portOf(value: unknown): number | null {
  const port = countOf(value)
  return port !== null && port > 0 && port < 65536 ? port : null
}

/** Returns a pid, or null. Pid 1 is one: a container may run a daemon as its first process. (Only signalling it is forbidden.) */
export function pidOf(value: unknown): number | null {
  const pid = countOf(value)
  return pid !== null && pid > 0 ? pid : null
}

/** Returns a whole decimal number written without sign, blank or leading zero, or null. */
export function decimalOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null
}

/** Parses JSON, null when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
