/**
 * The header of a 503 reply with which the daemon itself, not a handler, gives a request up: it shuts down, its work could
 * not start, or its program was replaced. Our clients then ask the next daemon, as if the connection had ended. Handlers
 * cannot set it.
 */
export const REFUSED_HEADER = 'x-familiar-refused'

/** `not_begun`: nothing of the request was carried out. `maybe_begun`: a handler had it already. */
export type Refused = 'not_begun' | 'maybe_begun'

/** Returns what the value of the header says; null for a value that is none, such as one of a later version. */
export function refusedOf(value: unknown): Refused | null {
  return value === 'not_begun' || value === 'maybe_begun' ? value : null
}
