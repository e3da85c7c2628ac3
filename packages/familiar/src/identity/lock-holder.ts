import { objectOf, parseJson, pidOf, stringOf } from './narrow.js'
import type { ProcessName } from './sighting.js'

/**
 * Returns the daemon that the text of a lock file names. Null when it names none: it is empty, or was written by a
 * client, which gives no birth. `unknown` for anything else.
 */
export function parseHolder(text: string): ProcessName | 'unknown' | null {
  if (text.trim() === '') return null
  const json = objectOf(parseJson(text))
  const pid = pidOf(json?.['pid'])
  if (json === null || pid === null) return 'unknown'
  if (json['birth'] === null) return null
  const birth = stringOf(json['birth'])
  return birth === null ? 'unknown' : { pid, birth }
}
