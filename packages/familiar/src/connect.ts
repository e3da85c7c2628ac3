import { dirname } from 'node:path'
import { isLockHeld, acquireLockUnless, type HeldLock } from './act/lock.js'
import { notReplaced, replaceOwn, replacePredecessor, type Replaced } from './act/replace.js'
import { assertOwnScope } from './act/scope-owner.js'
import type { StartReason } from './act/start.js'
import { awaitHolder, findRecorded, findUsable, usable, type Found } from './connect/recorded.js'
import type { ConnectRequest, StartPolicy } from './connect/request.js'
import { startInRange } from './connect/start-in-range.js'
import { FamiliarError } from './errors.js'
import type { DaemonRecord } from './identity/record.js'
import type { SelfReport } from './identity/self-report.js'
import { readOwnRecord } from './observe/scopes.js'

/**
 * `started` is null when a running daemon was found; `replaced` is the one that made room for it. `isNewer`: the daemon
 * is of a newer version and the same protocol, and is used as it is.
 * `skipped`: none runs that can be used, and none may be started; why.
 */
export type Connection =
  | {
      readonly outcome: 'connected'
      readonly record: DaemonRecord
      readonly report: SelfReport
      readonly started: StartReason | null
      readonly replaced: Replaced | null
      readonly isNewer: boolean
    }
  | { readonly outcome: 'skipped'; readonly reason: string }

/** How long, all in all, a daemon that holds its lock may take to answer, in or out: with the rest it stays below 2 s. */
const HOLDER_MS = 1_800

/** It gets at least this long once the life-cycle lock is taken. */
const HOLDER_LEAST_MS = 500

/** What is done under the life-cycle lock is done after this time: others wait 30 s for it. */
const HOLD_MS = 25_000

/**
 * Returns the scope's daemon, proven to own the record's token and of a version that can be used, starting one where
 * there is none and replacing one that is older than this installation.
 *
 * Warm, that is one record read and one local request: no lock, no look at the machine (C1). Otherwise the life-cycle
 * lock is taken and the same is tried again, because a sibling may have done the work meanwhile (C2); then a daemon of
 * an older version is retired, one is started and adopted, and its version is checked once more (C3). A daemon that
 * lives and does not answer is never ended here: `E_DAEMON_UNRESPONSIVE` within two seconds (C4). A full range is
 * cleaned once (C5), then `E_RANGE_FULL`.
 *
 * `E_VERSION_MISMATCH`: the daemon speaks a newer protocol, or the one just started is older than this installation or
 * speaks a newer one; there is no third try. `E_DAEMON_NOT_REPLACED`: the older one is not proven to be this scope's, or did not go.
 */
export async function connect(request: ConnectRequest): Promise<Connection> {
  const until = performance.now() + HOLDER_MS
  const warm = await findUsable(request)
  if ('report' in warm) return connected(warm)
  const skipped = request.policy === null ? null : skipReason(request.policy)
  if (skipped !== null) return { outcome: 'skipped', reason: skipped }
  const { family, scope } = request
  const files = family.files(scope)
  const written = [scope, files.lifecycleLock, files.record, dirname(request.launch.logFile)]
  assertOwnScope(written, process.geteuid?.())
  const lock = await lockOrFind(request, files.lifecycleLock)
  if ('report' in lock) return connected(lock)
  try {
    return await connectLocked(request, lock, warm.silent, until)
  } finally {
    lock.release()
  }
}

/** Returns why no daemon is started on its own, null when one may be. The order is part of the contract. */
export function skipReason(policy: StartPolicy): string | null {
  if (policy.disabledBy !== null) return `${policy.disabledBy} is set`
  if (!policy.isRolledOut) return 'rollout_disabled'
  if (policy.intent === 'local_only') return 'intent_local_only'
  return policy.isManual ? 'policy_manual' : null
}

function connected(
  { record, report, standing }: Found,
  started: StartReason | null = null,
  replaced: Replaced | null = null,
): Connection {
  return { outcome: 'connected', record, report, started, replaced, isNewer: standing === 'newer' }
}

/** While it waits for the lock, the daemon that somebody else is starting may come up: then no lock is needed. */
async function lockOrFind(request: ConnectRequest, path: string): Promise<HeldLock | Found> {
  const holder = { pid: process.pid, birth: null }
  const onWait = request.onWait === undefined ? {} : { onWait: request.onWait }
  return acquireLockUnless(path, { holder, ...onWait }, async () => {
    const found = await findUsable(request)
    return 'report' in found ? found : null
  })
}

async function connectLocked(
  request: ConnectRequest,
  lock: HeldLock,
  silent: string | null,
  until: number,
): Promise<Connection> {
  const holdUntil = performance.now() + HOLD_MS
  const found = await findRecordedOrHolder(request, silent, until)
  const running = found === null ? null : usable(request, found)
  if (running !== null) return connected(running)
  const previous = readOwnRecord(request.family, request.scope)
  const replaced = await makeWay(request, lock, found)
  const reason =
    request.reason ?? replaced?.reason ?? (previous?.running === true ? 'recorded_dead' : 'first_start')
  const previousVersion = replaced?.packageVersion ?? previous?.packageVersion ?? null
  const other = await startOrFind(request, lock, { reason, previousVersion, until: holdUntil })
  return other === null ? connectStarted(request, reason, replaced) : connected(other)
}

async function findRecordedOrHolder(
  request: ConnectRequest,
  silent: string | null,
  until: number,
): Promise<Found | null> {
  const found = await findRecorded(request, silent)
  if ('report' in found) return found
  if (!(await isLockHeld(request.family.files(request.scope).daemonLock))) return null
  return awaitHolder(request, found.silent, Math.max(until, performance.now() + HOLDER_LEAST_MS))
}

/** Retires what stands in the way of a daemon of this version: an older one of ours, or the recorded predecessor. */
async function makeWay(
  request: ConnectRequest,
  lock: HeldLock,
  found: Found | null,
): Promise<Replaced | null> {
  if (found === null) return replacePredecessor({ ...request, reason: 'version_mismatch' }, lock)
  return replaceOwn({ ...request, reason: found.replaceFor ?? 'version_mismatch' }, lock, found.record)
}

/**
 * The version is checked once more: what was just started must not be older, nor of a newer protocol. (A newer one of the
 * same protocol comes from an installation that was upgraded in this moment.)
 */
async function connectStarted(
  request: ConnectRequest,
  reason: StartReason,
  replaced: Replaced | null,
): Promise<Connection> {
  const found = await findRecorded(request)
  if (!('report' in found)) {
    throw new FamiliarError('E_DAEMON_START_FAILED', 'the daemon started and then did not answer', {
      hint: `its log: ${request.launch.logFile}`,
      retry: true,
    })
  }
  if (found.standing === 'older' || found.standing === 'newer_protocol') throw wrongVersion(request, found)
  return connected(found, reason, replaced)
}

function wrongVersion(
  { family, self, versionVariable }: ConnectRequest,
  { record, report }: Found,
): FamiliarError {
  return new FamiliarError(
    'E_VERSION_MISMATCH',
    `this installation is version ${self.packageVersion}, protocol ${self.protocolVersion ?? 'unknown'} (${self.executable}), but the ${family.name} daemon it started is version ${report.packageVersion ?? 'unknown'}, protocol ${report.protocolVersion ?? 'unknown'} (process ${record.pid}, ${record.executable ?? 'unknown'})`,
    { hint: `see whether ${versionVariable} is set for the daemon, and reinstall` },
  )
}

/**
 * Starts a daemon. Returns the other one where somebody has started one by hand in the same moment and was first; throws
 * `E_DAEMON_NOT_REPLACED` where that is one to be replaced.
 */
async function startOrFind(
  request: ConnectRequest,
  lock: HeldLock,
  order: Parameters<typeof startInRange>[2],
): Promise<Found | null> {
  try {
    await startInRange(request, lock, order)
    return null
  } catch (error) {
    if (!(error instanceof FamiliarError) || error.code !== 'E_DAEMON_RUNNING') throw error
    const other = await awaitHolder(request, null, performance.now() + HOLDER_MS)
    if (other === null) throw error
    if (usable(request, other) === null) throw stillThere(request, other)
    return other
  }
}

/** It holds the daemon lock and answers, but no process here is it: one in a pid namespace of its own, above all. */
function stillThere(request: ConnectRequest, { record, report }: Found): FamiliarError {
  const { pid, port } = record
  const version = report.packageVersion
  return notReplaced(request, { pid, port, version }, 'its process is not seen from here')
}
