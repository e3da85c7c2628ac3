import { askToLeave } from './act/ask.js'
import { acquireLock, type HeldLock } from './act/lock.js'
import { markStopped } from './act/record-file.js'
import { assertOwnScope } from './act/scope-owner.js'
import { retire, type CleanupPath, type FailureReason } from './act/stop.js'
import { isSingletonByRecord } from './classify/derive.js'
import { FamiliarError } from './errors.js'
import type { Family } from './family.js'
import type { DaemonRecord } from './identity/record.js'
import { look, PATIENT_MS, type Candidate, type Look } from './observe/look.js'
import type { Platform } from './observe/platform/platform.js'

export interface StopRequest {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly platform: Platform
  /** Stands in the daemon's log and, as the stop reason, in its record. */
  readonly reason: string
  readonly onWait?: (message: string) => void
}

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

/** The record is put right by whoever holds the daemon lock; its daemon is dead by then, so nobody holds it for long. */
const DAEMON_LOCK_WAIT_MS = 1_000

/**
 * Ends the daemon of the scope, of any version: ours, or the one that a predecessor's record names. It is asked first
 * (its token goes only to the one that proves to own it), then the proven process is signalled. `stopped` is said only
 * when it is gone. A daemon that only another scope's record names is not this scope's, and is left alone.
 */
export async function stopDaemon(request: StopRequest): Promise<StopResult> {
  const { family, scope, platform } = request
  const files = family.files(scope)
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
  const { family, platform, reason } = request
  const seen = await look(family, request.scope, platform, PATIENT_MS)
  const daemon = singletonOf(seen)
  if (daemon === null) return { outcome: 'none' }
  const { pid, port } = daemon.sighting
  if (daemon.facts.same_user !== 'yes') return { outcome: 'failed', pid, port, reason: 'permission_denied' }
  if (daemon.proof === null) return { outcome: 'failed', pid, port, reason: 'identity_unproven' }
  const record = recordOf(daemon, seen)
  const ask = record === null ? {} : { ask: () => askToLeave(family, record, reason) }
  const result = await retire(lock, platform, family, daemon.proof, ask)
  if (result.outcome === 'failed') return { outcome: 'failed', pid, port, reason: result.reason }
  await putRecordRight(request, daemon)
  const packageVersion = daemon.sighting.report?.packageVersion ?? record?.packageVersion ?? null
  return { outcome: 'stopped', pid: daemon.proof.pid, port, packageVersion, path: result.path }
}

/**
 * The daemon of this scope: ours before a predecessor's. One whose marker is not proven to mean this scope is not it: a
 * copied home has the record and the lock file of the home that it was copied from.
 */
function singletonOf(seen: Look): Candidate | null {
  const found = seen.candidates.filter(
    ({ facts }) => facts.singleton_here === 'yes' && (facts.marker !== 'yes' || facts.marker_here === 'yes'),
  )
  return found.find(({ sighting }) => sighting.shape?.lineage === 'own') ?? found[0] ?? null
}

function recordOf({ sighting }: Candidate, { surroundings }: Look): DaemonRecord | null {
  const here = surroundings.here
  const records = here.records.flatMap((read) => (read.state === 'readable' ? [read.record] : []))
  return records.find((record) => isSingletonByRecord(record, sighting, here) === 'yes') ?? null
}

/** A daemon that was killed could not say why it stopped. What it left is marked under its own lock. */
async function putRecordRight(
  { family, scope, reason }: StopRequest,
  { proof, sighting }: Candidate,
): Promise<void> {
  if (proof === null || sighting.shape?.lineage !== 'own') return
  const files = family.files(scope)
  try {
    const holder = { pid: process.pid, birth: null }
    const lock = await acquireLock(files.daemonLock, { holder, waitMs: DAEMON_LOCK_WAIT_MS })
    try {
      markStopped(lock, files.record, proof, reason)
    } finally {
      lock.release()
    }
  } catch (error) {
    if (!(error instanceof FamiliarError)) throw error
  }
}
