import { CommandError } from 'familiar/cli'

/** The errors that waiting does not repair. */
const LASTING: ReadonlySet<string> = new Set(['E_QUEUE_UNUSABLE', 'E_QUEUE_NEWER', 'E_SQLITE_UNAVAILABLE'])

/** Returns whether the queue could not be used for a reason that waiting does not repair. */
export function isLasting(error: unknown): boolean {
  return error instanceof CommandError && LASTING.has(error.code)
}

/** Returns whether an error is about the queue, and not about the server or the session. */
export function isOfQueue(error: unknown): boolean {
  return error instanceof CommandError && /^E_(?:QUEUE|SQLITE)_/.test(error.code)
}
