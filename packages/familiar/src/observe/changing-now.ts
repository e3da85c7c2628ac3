import { throwLack } from '../errors.js'
import type { Family } from '../family.js'
import { objectOf, parseJson, pidOf } from '../json.js'
import type { Platform } from './platform/platform.js'
import { readSmallFile } from './small-file.js'

/** How long looking at one process may take. */
const INSPECT_MS = 1_000

/**
 * Returns the process that holds the life-cycle lock of the scope, because it is starting, stopping or cleaning up daemons
 * there; null if none is known to. Writes nothing. The text of the file only says where to look first, and if that process
 * has ended, the lock is taken for free: this is for a hint only, and must cost nothing in the usual case. So it is always
 * null where the kernel does not name the holder of a lock (macOS, Windows): a tool of the system would have to run there.
 * Throws only `E_RESOURCES`.
 */
export async function changingNow(family: Family, scope: string, platform: Platform): Promise<number | null> {
  if (platform.name !== 'linux') return null
  const path = family.files(scope).lifecycleLock
  const file = readSmallFile(path)
  const pid = file.state === 'text' ? pidOf(objectOf(parseJson(file.text))?.['pid']) : null
  if (pid === null || pid === process.pid) return null
  try {
    if (!(await platform.inspect([pid], AbortSignal.timeout(INSPECT_MS))).has(pid)) return null
    const holder = await platform.lockHolder(path, null, [pid])
    return holder === null || holder === 'unknown' ? null : holder.pid
  } catch (error) {
    throwLack(error)
    return null
  }
}
