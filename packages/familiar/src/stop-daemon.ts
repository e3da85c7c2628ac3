import { endSingleton, markEnded, recordOf, singletonOf, type EndOrder } from './act/end-singleton.js'
import { acquireLock, loadLocks, type HeldLock } from './act/lock.js'
import { assertOwnScope } from './act/scope-owner.js'
import type { CleanupPath, FailureReason } from './act/stop.js'
import { look, PATIENT_MS } from './observe/look.js'

export type StopRequest = EndOrder

/** `none`: there was no daemon of this scope to stop. */
export type StopResult =
  | { readonly outcome: 'none' }
  | {
      readonly outcome: 'stopped'
      readonly pid: number
      readonly port: number | null
      readonly packageVersion: string | null
      readonly path: CleanupPath
    }
  | {
      readonly outcome: 'failed'
      readonly pid: number | null
      readonly port: number | null
      readonly reason: FailureReason
    }

/**
 * Ends the daemon of the scope, of any version: ours, or the one that a predecessor's record names. It is asked first
 * (its token goes only to the one that proves to own it), then the proven process is signalled. `stopped` is said only
 * when it is gone. A daemon that only another scope's record names is not this scope's, and is left alone.
 */
export async function stopDaemon(request: StopRequest): Promise<StopResult> {
  const { family, scope, platform } = request
  const files = family.files(scope)
  await loadLocks()
  if (singletonOf(await look(family, scope, platform, PATIENT_MS)) === null) return { outcome: 'none' }
  assertOwnScope([scope, files.lifecycleLock, files.record], process.geteuid?.())
  const onWait = request.onWait === undefined ? {} : { onWait: request.onWait }
  const lock = await acquireLock(files.lifecycleLock, {
    holder: { pid: process.pid, birth: null },
    ...onWait,
  })
  try {
    return await stopLocked(request, lock)
  } finally {
    lock.release()
  }
}

async function stopLocked(request: StopRequest, lock: HeldLock): Promise<StopResult> {
  const seen = await look(request.family, request.scope, request.platform, PATIENT_MS)
  const daemon = singletonOf(seen)
  if (daemon === null) return { outcome: 'none' }
  const { pid, port } = daemon.sighting
  const record = recordOf(daemon, seen)
  const result = await endSingleton(request, lock, daemon, record)
  if (result.outcome === 'failed' || pid === null) {
    return {
      outcome: 'failed',
      pid,
      port,
      reason: result.outcome === 'failed' ? result.reason : 'identity_unproven',
    }
  }
  await markEnded(request, daemon)
  const packageVersion = daemon.sighting.report?.packageVersion ?? record?.packageVersion ?? null
  return { outcome: 'stopped', pid, port, packageVersion, path: result.path }
}
