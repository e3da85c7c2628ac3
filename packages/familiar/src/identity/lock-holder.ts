import { objectOf, parseJson, pidOf, stringOf } from './narrow.js'
import type { ProcessName } from './sighting.js'

/**
 * The daemon that the text of a lock file names. Null when it names none: it is empty, or was written by a client, which
 * gives no start time. `unknown` for anything else, and where its writer saw that the kernel does not tell who holds it.
 */
export type ToldHolder = ProcessName | 'unknown' | null

/** Returns the daemon that the text of a lock file names. For people, and where the kernel names no holders. */
export function parseHolder(text: string): ToldHolder {
  if (text.trim() === '') return null
  const json = objectOf(parseJson(text))
  const pid = pidOf(json?.['pid'])
  if (json === null || pid === null || json['is_shown'] === false) return 'unknown'
  if (json['birth'] === null) return null
  const birth = stringOf(json['birth'])
  return birth === null ? 'unknown' : { pid, birth }
}
