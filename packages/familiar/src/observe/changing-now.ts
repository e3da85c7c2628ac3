import type { Family } from '../family.js'
import { objectOf, parseJson, pidOf } from '../json.js'
import type { Platform } from './platform/platform.js'
import { readSmallFile } from './small-file.js'

/** How long the tools of the operating system may take (Linux needs none). */
const INSPECT_MS = 1_000

/**
 * Returns the process that holds the life-cycle lock of the scope, because it is starting, stopping or cleaning up daemons
 * there; null if none is known to. Writes nothing. The text of the file only says where to look first, and if that process
 * has ended, the lock is taken for free: this is for a hint only, and must cost nothing in the usual case.
 */
export async function changingNow(family: Family, scope: string, platform: Platform): Promise<number | null> {
  const path = family.files(scope).lifecycleLock
  const file = readSmallFile(path)
  const pid = file.state === 'text' ? pidOf(objectOf(parseJson(file.text))?.['pid']) : null
  if (pid === null || pid === process.pid) return null
  if (!(await platform.inspect([pid], AbortSignal.timeout(INSPECT_MS))).has(pid)) return null
  const holder = await platform.lockHolder(path, null, [pid])
  return holder === null || holder === 'unknown' ? null : holder.pid
}
