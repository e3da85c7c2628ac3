import { dirname } from 'node:path'
import { monotonicMs } from '../clock.js'
import { acquireLockUnless, type HeldLock } from '../act/acquire-lock.js'
import { notReplaced, replaceOwn, replacePredecessor, type Replaced } from './replace.js'
import { assertScopeThere } from '../act/assert-scope-there.js'
import { assertCanWrite } from '../act/assert-can-write.js'
import { assertOwnScope } from '../act/assert-own-scope.js'
import type { StartReason } from './start-order.js'
import { namesLiving } from '../classify/names-living.js'
import { FamiliarError } from '../errors.js'
import { titleOf } from '../family.js'
import { OPERATOR_STOP, type DaemonRecord } from '../protocol/record.js'
import { readOwnRecord, readPredecessorRecord } from '../observe/read-records.js'
import type { Found, ConnectRequest } from './connect-request.js'
import { awaitHolder, HOLDER_MS, waitRecorded } from './await-holder.js'
import { connected } from './find-recorded.js'
import { usable, type RecordedDaemon } from './use-or-replace.js'
import { endedEarly, programChanged, type Started } from './start-failure.js'
import { startInRange } from './start-in-range.js'

export { loadLocks } from '../act/acquire-lock.js'

/** The work under the life-cycle lock must finish within this time, because others wait only 30 s for the lock. */
const HOLD_MS = 25_000

/**
 * Does the work of `connect` if the first, warm attempt finds no usable daemon. Loaded only then. `wasSilent`: the
 * recorded daemon did not answer that attempt in time.
 */
export async function connectCold(request: ConnectRequest, wasSilent: boolean): Promise<Found> {
  const { family, scope, launch, onWait, signal } = request
  const files = family.files(scope)
  const assertScopeStill = assertScopeThere(family, scope)
  assertOwnScope([scope, files.lifecycleLock, files.record, dirname(launch.logFile)], process.geteuid?.())
  const waiting = waitRecorded(request, wasSilent)
  // If another command's daemon becomes ready while this one waits for the lock, the lock is not needed.
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
  if (found === null && request.whenStopped !== undefined && isStoppedByCommand(previous))
    throw request.whenStopped()
  const replaced = await replaceOutdated(request, lock, found)
  const reason = request.reason ?? replaced?.reason ?? (await startReasonAfter(request, previous))
  const previousVersion = replaced?.packageVersion ?? previous?.packageVersion ?? null
  const until = lockedAt + HOLD_MS
  const begun = await startOrFind(request, lock, { reason, previousVersion, until })
  return 'child' in begun ? connectStarted(request, begun, reason, replaced, until) : connected(begun)
}

/** A command that stops a daemon holds the life-cycle lock until the daemon is gone and its record says why. */
function isStoppedByCommand(previous: DaemonRecord | null): boolean {
  return previous?.running === false && previous.stopReason === OPERATOR_STOP
}

/** How long reading the recorded process may take. */
const INSPECT_MS = 2_000

/**
 * If the last daemon was stopped for replacement and the new one failed to start, keep that reason. A recorded process
 * that lives is not dead: the record was copied from the directory that it serves.
 */
async function startReasonAfter(
  { platform }: ConnectRequest,
  previous: DaemonRecord | null,
): Promise<StartReason> {
  if (previous?.running === true && previous.pid !== null) {
    const alive = await platform.inspect([previous.pid], AbortSignal.timeout(INSPECT_MS))
    return namesLiving(previous, alive) === 'yes' ? 'first_start' : 'recorded_dead'
  }
  const stopped = previous?.stopReason
  return stopped === 'version_mismatch' || stopped === 'installation_gone' ? stopped : 'first_start'
}

/**
 * Ends the daemon that this installation must replace with its own: our own older one, or the recorded predecessor.
 * Throws instead if the new daemon could not write its record, because an old daemon is better than none.
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
 * Checks the version once more: the daemon that was just started must not be older and must not speak a newer protocol.
 * (It may be newer with the same protocol if the installation was upgraded in this moment.) It may be silent for longer
 * than other daemons, until `until`: it has just reported that it is ready, so on a busy machine it is only waiting for
 * the CPU.
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

/** If the package was replaced during the start, the daemon comes from the new package and the command from the old one. */
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
    `this installation is version ${self.packageVersion}, protocol ${self.protocolVersion ?? 'unknown'} (${self.executable}), but the ${titleOf(family)} it started is version ${report.packageVersion ?? 'unknown'}, protocol ${report.protocolVersion ?? 'unknown'} (process ${record.pid}, ${record.executable ?? 'unknown'})`,
    isChanged ? { cause: programChanged() } : { hint: `${again}; ${otherwise}` },
  )
}

/**
 * Starts a daemon and returns it. If a daemon that was started by hand at the same moment came first, returns that one,
 * or throws `E_DAEMON_NOT_REPLACED` if it has to be replaced.
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

/**
 * Returns the error for a daemon that holds the daemon lock and answers, but whose process is not visible here, usually
 * because it has its own pid namespace.
 */
function stillThere(request: ConnectRequest, { record, report }: RecordedDaemon): FamiliarError {
  const { pid, port } = record
  const version = report.packageVersion
  return notReplaced(
    request,
    { pid, port, version, isVisible: false, hint: null },
    'its process is not seen from here',
  )
}
