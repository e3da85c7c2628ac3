import { objectOf, parseJson, pidOf, stringOf } from './narrow.js'
import type { ProcessName } from './sighting.js'

/** Returns the process that the text of a lock file names, null when it names none for certain. */
export function parseHolder(text: string): ProcessName | null {
  const json = objectOf(parseJson(text))
  const pid = pidOf(json?.['pid'])
  const birth = stringOf(json?.['birth'])
  return pid === null || birth === null ? null : { pid, birth }
}
