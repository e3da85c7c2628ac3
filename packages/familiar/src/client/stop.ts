import { dirname } from 'node:path'
import { elsewhere, moved, startedFor, unreachable, type Beyond } from './out-of-reach-errors.js'
import { askOnly, terminateScopeDaemon, markEnded, type EndOrder } from '../act/terminate-scope-daemon.js'
import { isLockHeld, loadLocks, withLock, type HeldLock } from '../act/acquire-lock.js'
import { assertOwnScope } from '../act/assert-own-scope.js'
import type { CleanupPath, FailureReason } from '../act/terminate-process.js'
import { closedDirectory } from '../act/write-hint.js'
import { apartFrom, apartText } from '../identity/apart.js'
import { isSameNamespace, type ProcessView } from '../identity/machine.js'
import { enterCommand } from '../observe/platform/look-command.js'
import type { DaemonRecord } from '../protocol/record.js'
import { FamiliarError, throwLack } from '../errors.js'
import { titleOf } from '../family.js'
import { isScopeGone, unreadWhy } from '../classify/daemon-state.js'
import { scan, FOREIGN_SCOPES_TIMEOUT_MS, type Candidate, type Scan } from '../observe/scan.js'
import { readOwnRecord, readPredecessorRecord } from '../observe/read-records.js'
import { recordOf, runsElsewhere, scopeDaemon } from '../observe/scope-daemon.js'
import { stateFrom } from '../observe/state-from-scan.js'
import { verify } from '../observe/verify-record.js'

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
      /** What to do, as advice that may end with a command; null if only the reason can be explained. */
      readonly advice: string | null
    }

/**
 * Ends the daemon of the scope, whatever its version: our own daemon or, if there is no record of ours, the predecessor's
 * daemon that a predecessor's record proves. First asks the daemon over HTTP to stop; our own daemon is sent the token
 * only after it has proved that it already has it. If the daemon does not end and its process is proven, signals the
 * process. Returns `stopped` only if the process is gone. Never ends a daemon that another scope uses. Waits for a
 * command that is just starting the daemon.
 *
 * Throws `E_DAEMON_UNREACHABLE` if the daemon cannot be reached from here. Throws `E_DAEMON_ELSEWHERE` if it runs on
 * another machine or in another pid namespace, if its process is not visible from here, or if it is about to exit because
 * its directory was moved here. Throws `E_SCOPE_UNUSABLE` if nothing is known because the files of the scope cannot be
 * read, `E_SCOPE_FOREIGN_OWNER` if the scope belongs to another user.
 */
export async function stopDaemon(request: StopRequest): Promise<StopResult> {
  const { family, scope } = request
  const files = family.files(scope)
  await loadLocks()
  const isThere = (await findTarget(request)) !== null || (await isBeingChanged(files.lifecycleLock))
  if (!isThere) return { outcome: 'none' }
  assertOwnScope([scope, files.lifecycleLock, files.record], process.geteuid?.())
  const { onWait } = request
  return withLock(files.lifecycleLock, { onWait }, (lock) => stopLocked(request, lock))
}

/**
 * Returns whether another command is changing the daemon of the scope. It may be starting a daemon that does not hold its
 * lock or listen yet. False if the lock cannot be used, because then no command can start one.
 */
async function isBeingChanged(lifecycleLock: string): Promise<boolean> {
  try {
    return await isLockHeld(lifecycleLock)
  } catch (error) {
    throwLack(error)
    if (!(error instanceof FamiliarError)) throw error
    return false
  }
}

/**
 * What to end: a daemon that the scan found (`daemon`), or one that proved over HTTP to be the recorded one although
 * the scan did not find it.
 */
type Target =
  | { readonly daemon: Candidate; readonly record: DaemonRecord | null; readonly seen: Scan }
  | { readonly daemon: null; readonly record: DaemonRecord; readonly process: ProcessView }

async function findTarget(request: StopRequest): Promise<Target | null> {
  const { family, scope, platform } = request
  const seen = await scan(family, scope, platform, FOREIGN_SCOPES_TIMEOUT_MS, true)
  const { state, pid, port, report, heldFor } = stateFrom(seen)
  // A scope of another user may only be scanned, so this throws even if there is no daemon to stop.
  if (state === 'foreign') assertOwnScope([scope], process.geteuid?.())
  if (report !== null && state === 'elsewhere' && isScopeGone(report)) throw moved(request, report)
  const daemon = scopeDaemon(seen)
  if (daemon !== null) return seenTarget(request, seen, daemon)
  const record = readOwnRecord(family, scope)
  const answer = record?.running === true ? await verify(request, record) : null
  if (record !== null && answer?.outcome === 'proven') return provenTarget(request, seen, record)
  if (state === 'unreachable') throw unreachable(request, { pid, port })
  if (heldFor !== undefined) throw startedFor(request, { pid, port }, heldFor)
  if (state === 'elsewhere') throw elsewhere(request, { pid, port })
  const unread = unreadWhy(seen.context.here)
  if (unread !== null) throw cannotBeRead(request, unread)
  return null
}

function cannotBeRead({ family, otherScopeHint, scope }: StopRequest, why: string): FamiliarError {
  const directory = closedDirectory(dirname(family.files(scope).record)) ?? 'the directory'
  const other = otherScopeHint === undefined ? '' : `, or ${otherScopeHint}`
  return new FamiliarError('E_SCOPE_UNUSABLE', `no ${titleOf(family)} can be stopped here: ${why}`, {
    hint: `make ${directory} readable for this user${other}`,
  })
}

/**
 * Returns the target for a daemon that the scan found. Null for a predecessor's daemon if there is a record of ours,
 * because commands do not use that daemon then. Throws if the daemon runs elsewhere or cannot be reached from here.
 */
function seenTarget(request: StopRequest, seen: Scan, daemon: Candidate): Target | null {
  const { observation, facts } = daemon
  const isPredecessor = observation.shape?.implementation === 'predecessor'
  if (isPredecessor && readPredecessorRecord(request.family, request.scope) === null) return null
  const record = recordOf(daemon, seen)
  const named = {
    pid: observation.pid ?? record?.pid ?? null,
    port: observation.port ?? record?.port ?? null,
  }
  if (runsElsewhere(daemon, seen)) throw elsewhere(request, named)
  if (facts.reachable !== 'yes') throw unreachable(request, named)
  if (observation.pid === null) throw elsewhere(request, named)
  return { daemon, record, seen }
}

/**
 * Returns the target for a daemon that proved over HTTP to be the recorded one although the scan did not find it. Such a
 * daemon is only asked over HTTP to stop, never signalled. Throws `E_DAEMON_ELSEWHERE` if its process is not visible from
 * here, because then it would be impossible to see whether it ended.
 */
async function provenTarget(request: StopRequest, { host }: Scan, record: DaemonRecord): Promise<Target> {
  const { pid, port } = record
  const isOurs = pid !== null && isSameNamespace(record.pidNamespace, host.pidNamespace)
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
    target.daemon === null
      ? await askOnly(request, { pid, port, process: target.process }, record)
      : await terminateScopeDaemon(request, lock, target.daemon, record, target.seen)
  if (result.outcome === 'failed' || pid === null) {
    const reason = result.outcome === 'failed' ? result.reason : 'identity_unproven'
    const advice =
      reason === 'identity_unproven' && daemon !== null && daemon.proof === null
        ? await adviceFor(request, daemon.observation.process)
        : null
    return { outcome: 'failed', pid, port, reason, advice }
  }
  if (daemon !== null) await markEnded(request, daemon)
  const packageVersion = daemon?.observation.report?.packageVersion ?? record?.packageVersion ?? null
  return { outcome: 'stopped', pid, port, packageVersion, path: result.path }
}

/** Returns how to stop a daemon whose process is not seen whole from here; null if nothing is known about that. */
async function adviceFor(
  { platform, scope, stopCommand, stopElsewhereCommand }: StopRequest,
  found: ProcessView | null,
): Promise<string | null> {
  const host = await platform.host()
  const why = apartText(apartFrom(found, host))
  if (why === null) return null
  const stop = stopElsewhereCommand?.(scope) ?? stopCommand
  const there = stop === undefined ? null : enterCommand(found, host, stop)
  return there === null ? `${why}; stop it where it runs` : `${why}; to stop it there: ${there}`
}
