import { dirname } from 'node:path'
import { monotonicMs } from '../clock.js'
import { acquireLockUnless, type HeldLock } from '../act/acquire-lock.js'
import { notReplaced, replaceOwn, replacePredecessor, type Replaced } from './replace.js'
import { assertScopeThere, assertCanWrite, assertOwnScope } from '../act/scope-checks.js'
import type { StartReason } from './launch.js'
import { FamiliarError } from '../errors.js'
import type { DaemonRecord } from '../protocol/record.js'
import { readOwnRecord, readPredecessorRecord } from '../observe/read-records.js'
import type { Found, ConnectRequest } from './connect-request.js'
import { awaitHolder, HOLDER_MS, waitRecorded } from './await-holder.js'
import { connected } from './find-recorded.js'
import { usable, type RecordedDaemon } from './use-or-replace.js'
import { endedEarly, programChanged, type Started } from './start-failure.js'
import { startInRange } from './start-in-range.js'

export { loadLocks } from '../act/acquire-lock.js'

/** The work under the life-cycle lock must be done within this time: others wait 30 s for the lock. */
const HOLD_MS = 25_000

/**
 * What `connect` does if the warm try finds no usable daemon. Loaded only then. `wasSilent`: the recorded daemon
 * let the warm try time out.
 */
export async function connectCold(request: ConnectRequest, wasSilent: boolean): Promise<Found> {
  const { family, scope, launch, onWait, signal } = request
  const files = family.files(scope)
  const assertScopeStill = assertScopeThere(family, scope)
  assertOwnScope([scope, files.lifecycleLock, files.record, dirname(launch.logFile)], process.geteuid?.())
  const waiting = waitRecorded(request, wasSilent)
  // While this waits for the lock, a daemon that another command starts may come up: then no lock is needed.
  const lock = await acquireLockUnless(files.lifecycleLock, { onWait, signal }, waiting.find)
  if ('report' in lock) return connected(lock)
  try {
    signal?.throwIfAborted()
    assertScopeStill()
    return await connectLocked(request, lock, waiting.patienceMs())
  } finally {
    lock.release()
  }
}

async function connectLocked(request: ConnectRequest, lock: HeldLock, patienceMs: number): Promise<Found> {
  const lockedAt = monotonicMs()
  const found = await awaitHolder(request, lockedAt + patienceMs)
  const running = found === null ? null : usable(request, found)
  if (running !== null) return connected(running)
  const previous = readOwnRecord(request.family, request.scope)
  const replaced = await replaceOutdated(request, lock, found)
  const reason = request.reason ?? replaced?.reason ?? startReasonAfter(previous)
  const previousVersion = replaced?.packageVersion ?? previous?.packageVersion ?? null
  const until = lockedAt + HOLD_MS
  const begun = await startOrFind(request, lock, { reason, previousVersion, until })
  return 'child' in begun ? connectStarted(request, begun, reason, replaced, until) : connected(begun)
}

/** If the last daemon was stopped for replacement and the new one failed to start, keep that reason. */
function startReasonAfter(previous: DaemonRecord | null): StartReason {
  if (previous?.running === true) return 'recorded_dead'
  const stopped = previous?.stopReason
  return stopped === 'version_mismatch' || stopped === 'installation_gone' ? stopped : 'first_start'
}

/**
 * Ends the daemon that a daemon of this installation is to replace: our own, or the recorded predecessor. Throws instead if the
 * successor could not write its record: an older daemon is better than none.
 */
async function replaceOutdated(
  request: ConnectRequest,
  lock: HeldLock,
  found: RecordedDaemon | null,
): Promise<Replaced | null> {
  const { family, scope, launch } = request
  const isRunning = found !== null || readPredecessorRecord(family, scope) !== null
  if (isRunning) assertCanWrite({ family, scope, logFile: launch.logFile })
  if (found === null) return replacePredecessor({ ...request, reason: 'version_mismatch' }, lock)
  return replaceOwn({ ...request, reason: found.replaceFor ?? 'version_mismatch' }, lock, found.record)
}

/**
 * Checks the version once more: the daemon just started must be neither older nor of a newer protocol. (A newer one of the
 * same protocol comes from an installation that was upgraded at this moment.)
 *
 * This daemon may be silent for longer than others, until `until`: a moment ago it said that it is up, so on a busy machine
 * it only waits for the CPU.
 */
async function connectStarted(
  request: ConnectRequest,
  started: Started,
  reason: StartReason,
  replaced: Replaced | null,
  until: number,
): Promise<Found> {
  const found = await awaitHolder(request, Math.max(until, monotonicMs() + HOLDER_MS))
  if (found === null) throw await endedEarly(request.launch, started)
  if (found.standing === 'older' || found.standing === 'newer_protocol') throw wrongVersion(request, found)
  return connected(found, reason, replaced)
}

/** Where the package was replaced during the start, the daemon comes from the new one, and the command from the old. */
function wrongVersion(
  { family, self, versionVariable, isInstallationChanged }: ConnectRequest,
  { record, report }: RecordedDaemon,
): FamiliarError {
  const again = 'run the command again, because the package may just have been replaced'
  const otherwise =
    versionVariable === ''
      ? 'if this happens again, reinstall: the commands and the daemon have different definitions'
      : `if this happens again, see whether ${versionVariable} is set for the daemon, and reinstall`
  const isChanged = isInstallationChanged?.() ?? false
  return new FamiliarError(
    'E_VERSION_MISMATCH',
    `this installation is version ${self.packageVersion}, protocol ${self.protocolVersion ?? 'unknown'} (${self.executable}), but the ${family.name} daemon it started is version ${report.packageVersion ?? 'unknown'}, protocol ${report.protocolVersion ?? 'unknown'} (process ${record.pid}, ${record.executable ?? 'unknown'})`,
    isChanged ? { cause: programChanged() } : { hint: `${again}; ${otherwise}` },
  )
}

/**
 * Starts a daemon and returns it. If one that was started by hand at the same moment came first, returns that one, or
 * throws `E_DAEMON_NOT_REPLACED` if it has to be replaced.
 */
async function startOrFind(
  request: ConnectRequest,
  lock: HeldLock,
  order: Parameters<typeof startInRange>[2],
): Promise<Started | RecordedDaemon> {
  try {
    return await startInRange(request, lock, order)
  } catch (error) {
    if (!(error instanceof FamiliarError) || error.code !== 'E_DAEMON_RUNNING') throw error
    const other = await awaitHolder(request, monotonicMs() + HOLDER_MS)
    if (other === null) throw error
    if (usable(request, other) === null) throw stillThere(request, other)
    return other
  }
}

/** It holds the daemon lock and answers, but its process is not visible here; mostly it has its own pid namespace. */
function stillThere(request: ConnectRequest, { record, report }: RecordedDaemon): FamiliarError {
  const { pid, port } = record
  const version = report.packageVersion
  return notReplaced(
    request,
    { pid, port, version, isVisible: false, hint: null },
    'its process is not seen from here',
  )
}
