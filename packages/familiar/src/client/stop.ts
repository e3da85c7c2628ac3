import { elsewhere, unreachable, type Beyond } from './beyond.js'
import { askOnly, terminateScopeDaemon, markEnded, type EndOrder } from '../act/terminate-scope-daemon.js'
import { loadLocks, withLock, type HeldLock } from '../act/lock.js'
import { assertOwnScope } from '../act/scope-checks.js'
import type { CleanupPath, FailureReason } from '../act/terminate.js'
import type { ProcessView } from '../identity/machine.js'
import type { DaemonRecord } from '../protocol/record.js'
import { scan, FOREIGN_SCOPES_TIMEOUT_MS, type Candidate, type Scan } from '../observe/scan.js'
import { readOwnRecord, readPredecessorRecord } from '../observe/records.js'
import { recordOf, runsElsewhere, scopeDaemon } from '../observe/scope-daemon.js'
import { stateFrom } from '../observe/state.js'
import { verify } from '../observe/verify.js'

/** How long inspecting a process may take. */
const INSPECT_MS = 2_000

export type StopRequest = EndOrder & Beyond

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
 * Ends the daemon of the scope, of any version: ours, or, if there is no record of ours, the one that a predecessor's record
 * proves. Asks it first (our own gets the token only after proving that it owns it), then signals the proven process.
 * Returns `stopped` only if it is gone. A daemon that another scope uses is not this scope's.
 *
 * Throws `E_DAEMON_UNREACHABLE` or `E_DAEMON_ELSEWHERE` for a daemon that cannot be judged from here.
 */
export async function stopDaemon(request: StopRequest): Promise<StopResult> {
  const { family, scope } = request
  const files = family.files(scope)
  await loadLocks()
  if ((await findTarget(request)) === null) return { outcome: 'none' }
  assertOwnScope([scope, files.lifecycleLock, files.record], process.geteuid?.())
  const { onWait } = request
  return withLock(files.lifecycleLock, { onWait }, (lock) => stopLocked(request, lock))
}

/** What to end: a daemon that the scan found, or one that proved itself but whose process is not fully visible. */
type Target =
  | { readonly daemon: Candidate; readonly record: DaemonRecord | null }
  | { readonly daemon: null; readonly record: DaemonRecord; readonly process: ProcessView }

async function findTarget(request: StopRequest): Promise<Target | null> {
  const { family, scope, platform } = request
  const seen = await scan(family, scope, platform, FOREIGN_SCOPES_TIMEOUT_MS)
  const { state, pid, port } = stateFrom(seen)
  // In another user's directory we only scan: refuse even if there is nothing to stop.
  if (state === 'foreign') assertOwnScope([scope], process.geteuid?.())
  const daemon = scopeDaemon(seen)
  if (daemon !== null) return seenTarget(request, seen, daemon)
  const record = readOwnRecord(family, scope)
  const answer = record?.running === true ? await verify(request, record) : null
  if (record !== null && answer?.outcome === 'proven') return provenTarget(request, seen, record)
  if (state === 'unreachable') throw unreachable(request, { pid, port })
  if (state === 'elsewhere') throw elsewhere(request, { pid, port })
  return null
}

/** Commands use a predecessor's daemon only while there is no record of ours. */
function seenTarget(request: StopRequest, seen: Scan, daemon: Candidate): Target | null {
  const { observation, facts } = daemon
  const isPredecessor = observation.shape?.lineage === 'predecessor'
  if (isPredecessor && readPredecessorRecord(request.family, request.scope) === null) return null
  const record = recordOf(daemon, seen)
  const named = {
    pid: observation.pid ?? record?.pid ?? null,
    port: observation.port ?? record?.port ?? null,
  }
  if (runsElsewhere(daemon, seen)) throw elsewhere(request, named)
  if (facts.reachable !== 'yes') throw unreachable(request, named)
  if (observation.pid === null) throw elsewhere(request, named)
  return { daemon, record }
}

/** Such a daemon is only asked over HTTP. Its process must be visible from here, so that its end can be seen. */
async function provenTarget(request: StopRequest, { host }: Scan, record: DaemonRecord): Promise<Target> {
  const { pid, port } = record
  const isOurs = pid !== null && record.pidNamespace === host.pidNamespace
  const deadline = AbortSignal.timeout(INSPECT_MS)
  const process = isOurs ? (await request.platform.inspect([pid], deadline)).get(pid) : undefined
  if (process === undefined) throw elsewhere(request, { pid, port })
  return { daemon: null, record, process }
}

async function stopLocked(request: StopRequest, lock: HeldLock): Promise<StopResult> {
  const target = await findTarget(request)
  if (target === null) return { outcome: 'none' }
  const { daemon, record } = target
  const { pid, port } = daemon?.observation ?? target.record ?? { pid: null, port: null }
  const result =
    daemon === null
      ? await askOnly(request, { pid, process: target.process }, record)
      : await terminateScopeDaemon(request, lock, daemon, record)
  if (result.outcome === 'failed' || pid === null) {
    return {
      outcome: 'failed',
      pid,
      port,
      reason: result.outcome === 'failed' ? result.reason : 'identity_unproven',
    }
  }
  if (daemon !== null) await markEnded(request, daemon)
  const packageVersion = daemon?.observation.report?.packageVersion ?? record?.packageVersion ?? null
  return { outcome: 'stopped', pid, port, packageVersion, path: result.path }
}
