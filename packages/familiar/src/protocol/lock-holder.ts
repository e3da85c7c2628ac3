import { objectOf, parseJson, pidOf, stringOf } from '../json.js'

/**
 * The holder of a kernel lock. Null: the lock is free. `unknown`: its holder is not visible from here, or it is unknown
 * whether the lock is held. `isTold`: the lock is certainly held, but the holder's name comes from the text of the file,
 * so another process may be the holder.
 */
export type LockHolding = HolderName | 'unknown' | null

export interface HolderName {
  readonly pid: number
  /** Null if the start time of the process cannot be compared with ours. */
  readonly startTime: string | null
  readonly isTold?: boolean
}

/** Identifies one process forever. */
export interface ProcessName {
  readonly pid: number
  readonly startTime: string
}

/**
 * The daemon that the text of a lock file names. Null if it names none: the text is empty, damaged, or was written by a
 * client, which gives no start time. `unknown` if the writer found that the kernel does not show the holders of locks.
 */
export type ToldHolder = ProcessName | 'unknown' | null

/**
 * Returns the daemon that the text of a lock file names. Used for display, and on systems whose kernel does not name lock
 * holders.
 */
export function parseHolder(text: string): ToldHolder {
  if (text.trim() === '') return null
  const json = objectOf(parseJson(text))
  if (json?.['is_shown'] === false) return 'unknown'
  const pid = pidOf(json?.['pid'])
  const startTime = stringOf(json?.['birth'])
  return pid === null || startTime === null ? null : { pid, startTime }
}
