import { objectOf, parseJson, pidOf, stringOf } from './narrow.js'
import type { ProcessName } from './observation.js'

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
  const birth = stringOf(json?.['birth'])
  return pid === null || birth === null ? null : { pid, birth }
}
