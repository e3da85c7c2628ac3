import { objectOf, parseJson, pidOf, stringOf } from '../json.js'

/**
 * Who holds a kernel lock. Null: it is free. `unknown`: its holder cannot be seen from here, or it is not known whether it
 * is held. `isTold`: it is certainly held, but the holder's name comes from the text of the file, which does not rule out
 * any other process.
 */
export type LockHolding = HolderName | 'unknown' | null

export interface HolderName {
  readonly pid: number
  /** Null for a process whose start time cannot be compared with ours. */
  readonly startTime: string | null
  readonly isTold?: boolean
}

/** Identifies one process for ever. */
export interface ProcessName {
  readonly pid: number
  readonly startTime: string
}

/**
 * The daemon that the text of a lock file names. Null when it names none: it is empty, damaged, or was written by a client,
 * which gives no start time. `unknown` if its writer found that the kernel does not show who holds the lock.
 */
export type ToldHolder = ProcessName | 'unknown' | null

/** Returns the daemon that the text of a lock file names. For display, and where the kernel does not name lock holders. */
export function parseHolder(text: string): ToldHolder {
  if (text.trim() === '') return null
  const json = objectOf(parseJson(text))
  if (json?.['is_shown'] === false) return 'unknown'
  const pid = pidOf(json?.['pid'])
  const startTime = stringOf(json?.['birth'])
  return pid === null || startTime === null ? null : { pid, startTime }
}
