/**
 * Strict readers for untrusted JSON: each returns the value if it has exactly the expected form, otherwise null. They
 * never throw, convert or guess.
 */

/** The longest string that is accepted from another process: enough for a path. A longer one is rejected, not truncated. */
const MAX_STRING_CHARS = 4096

export type JsonObject = { readonly [key: string]: unknown }

/** Returns a plain JSON object, or null. */
export function objectOf(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

/** Returns a string that is neither empty nor too long, or null. */
export function stringOf(value: unknown): string | null {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_STRING_CHARS ? value : null
}

/** Returns a non-negative integer, or null. */
export function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
}

/** Returns a TCP port, or null. */
export function portOf(value: unknown): number | null {
  const port = countOf(value)
  return port !== null && port > 0 && port < 65536 ? port : null
}

/** Returns a pid, or null. Pid 1 is valid: it may be a container's daemon. (Only signalling it is forbidden.) */
export function pidOf(value: unknown): number | null {
  const pid = countOf(value)
  return pid !== null && pid > 0 ? pid : null
}

/** Returns a positive decimal integer of at most 10 digits, without sign, blank or leading zero, or null. */
export function decimalOf(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null
}

/** Parses JSON; null if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
