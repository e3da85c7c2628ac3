import { setTimeout as sleep } from 'node:timers/promises'
import { cleanUp } from './act/cleanup.js'
import { acquireLockUnless, isLockHeld, readLockHolder, type HeldLock } from './act/lock.js'
import { assertOwnScope } from './act/scope-owner.js'
import { startDaemon, type Launch, type StartReason } from './act/start.js'
import { FamiliarError } from './errors.js'
import type { Family } from './family.js'
import type { DaemonRecord } from './identity/record.js'
import type { SelfReport } from './identity/self-report.js'
import { handshake } from './observe/handshake.js'
import { look } from './observe/look.js'
import type { Platform } from './observe/platform/platform.js'
import { readOwnRecord } from './observe/scopes.js'

/** Whether a daemon may be started at all when nobody asked for it by name. */
export interface StartPolicy {
  /** The variable that forbids it, where it is set. */
  readonly disabledBy: string | null
  readonly isRolledOut: boolean
  /** `local_only`: what the caller does needs no daemon of this family, so none is started. */
  readonly intent: 'remote_required' | 'local_only'
  readonly isManual: boolean
}

export interface ConnectRequest {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly platform: Platform
  readonly launch: Launch
  /** Null for a start that somebody asked for: then nothing forbids it. */
  readonly policy: StartPolicy | null
  /** The reason that stands in the log of a daemon that had to be started; without one it is found out. */
  readonly reason?: StartReason
  /** The command that ends a daemon that does not answer; the port is null where it has none yet. */
  readonly doctorCommand: (port: number | null) => string
  readonly onWait?: (message: string) => void
}

/** `started` is null when a running daemon was found. `skipped`: none runs, and none may be started; why. */
export type Connection =
  | {
      readonly outcome: 'connected'
      readonly record: DaemonRecord
      readonly report: SelfReport
      readonly started: StartReason | null
    }
  | { readonly outcome: 'skipped'; readonly reason: string }

/** How long, all in all, a daemon that holds its lock may take to answer, in or out: with the rest it stays below 2 s. */
const HOLDER_MS = 1_800

/** It gets at least this long once the life-cycle lock is taken. */
const HOLDER_LEAST_MS = 500

const HOLDER_POLL_MS = 20

/**
 * Returns the scope's daemon, proven to own the record's token, starting one where there is none.
 *
 * Warm, that is one record read and one local request: no lock, no look at the machine (C1). Otherwise the life-cycle
 * lock is taken and the same is tried again, because a sibling may have done the work meanwhile (C2); then a daemon is
 * started and adopted (C3). A daemon that lives and does not answer is never ended here: `E_DAEMON_UNRESPONSIVE`
 * within two seconds (C4). A full range is cleaned once (C5), then `E_RANGE_FULL`.
 */
export async function connect(request: ConnectRequest): Promise<Connection> {
  const until = performance.now() + HOLDER_MS
  const warm = await tryRecord(request)
  if ('report' in warm) return connected(warm, null)
  const skipped = request.policy === null ? null : skipReason(request.policy)
  if (skipped !== null) return { outcome: 'skipped', reason: skipped }
  const { family, scope } = request
  const files = family.files(scope)
  assertOwnScope([scope, files.lifecycleLock, files.record], process.geteuid?.())
  const lock = await lockOrFind(request, files.lifecycleLock)
  if ('outcome' in lock) return lock
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

interface Found {
  readonly record: DaemonRecord
  readonly report: SelfReport
}

function connected({ record, report }: Found, started: StartReason | null): Connection {
  return { outcome: 'connected', record, report, started }
}

/** There is no daemon to be had this way. `silent` names the recorded one that did not answer. */
interface NotFound {
  readonly silent: string | null
}

/**
 * Returns the recorded daemon where it answers and is proven. One that was silent a moment ago is not asked again: the
 * whole call must end within two seconds.
 */
async function tryRecord(
  { family, scope }: ConnectRequest,
  silent: string | null = null,
): Promise<Found | NotFound> {
  const record = readOwnRecord(family, scope)
  if (record === null || !record.running) return { silent: null }
  if (record.instanceId === silent) return { silent }
  const answer = await handshake(family, record)
  if (answer.outcome === 'proven') return { record, report: answer.report }
  return { silent: answer.outcome === 'mute' ? record.instanceId : null }
}

async function findRecorded(request: ConnectRequest): Promise<Found | null> {
  const found = await tryRecord(request)
  return 'report' in found ? found : null
}

/** While it waits for the lock, the daemon that somebody else is starting may come up: then no lock is needed. */
async function lockOrFind(request: ConnectRequest, path: string): Promise<HeldLock | Connection> {
  const holder = { pid: process.pid, birth: null }
  const onWait = request.onWait === undefined ? {} : { onWait: request.onWait }
  const lock = await acquireLockUnless(path, { holder, ...onWait }, () => findRecorded(request))
  return 'report' in lock ? connected(lock, null) : lock
}

async function connectLocked(
  request: ConnectRequest,
  lock: HeldLock,
  silent: string | null,
  until: number,
): Promise<Connection> {
  const { family, scope } = request
  const again = await tryRecord(request, silent)
  if ('report' in again) return connected(again, null)
  if (await isLockHeld(family.files(scope).daemonLock)) {
    const holder = await awaitHolder(
      request,
      again.silent,
      Math.max(until, performance.now() + HOLDER_LEAST_MS),
    )
    if (holder !== null) return connected(holder, null)
  }
  const previous = readOwnRecord(family, scope)
  const reason = request.reason ?? (previous?.running === true ? 'recorded_dead' : 'first_start')
  const other = await startOrFind(request, lock, reason, previous?.packageVersion ?? null)
  if (other !== null) return connected(other, null)
  const found = await findRecorded(request)
  if (found !== null) return connected(found, reason)
  throw new FamiliarError('E_DAEMON_START_FAILED', 'the daemon started and then did not answer', {
    hint: `its log: ${request.launch.logFile}`,
    retry: true,
  })
}

/**
 * Somebody holds the daemon lock: its record may be on its way, or it may be on its way out. Returns the daemon, or null
 * once nobody holds the lock any more. A daemon that stays silent is named, not ended.
 */
async function awaitHolder(
  request: ConnectRequest,
  silent: string | null,
  until: number,
): Promise<Found | null> {
  const { daemonLock } = request.family.files(request.scope)
  do {
    const found = await tryRecord(request, silent)
    if ('report' in found) return found
    if (!(await isLockHeld(daemonLock))) return null
    await sleep(HOLDER_POLL_MS)
  } while (performance.now() < until)
  throw unresponsive(request)
}

function unresponsive({ family, scope, launch, doctorCommand }: ConnectRequest): FamiliarError {
  const record = readOwnRecord(family, scope)
  const pid = readLockHolder(family.files(scope).daemonLock)?.pid ?? record?.pid ?? null
  const port = record?.pid === pid ? (record?.port ?? null) : null
  const at = port === null ? '' : `, port ${port}`
  return new FamiliarError(
    'E_DAEMON_UNRESPONSIVE',
    `the ${family.name} daemon (process ${pid ?? 'unknown'}${at}) does not answer; its log: ${launch.logFile}`,
    { hint: doctorCommand(port) },
  )
}

/** Starts a daemon. Returns the other one where somebody has started one by hand in the same moment and was first. */
async function startOrFind(
  request: ConnectRequest,
  lock: HeldLock,
  reason: StartReason,
  previousVersion: string | null,
): Promise<Found | null> {
  try {
    await startOnce(request, lock, reason, previousVersion)
    return null
  } catch (error) {
    if (!(error instanceof FamiliarError) || error.code !== 'E_DAEMON_RUNNING') throw error
    const other = await awaitHolder(request, null, performance.now() + HOLDER_MS)
    if (other === null) throw error
    return other
  }
}

async function startOnce(
  request: ConnectRequest,
  lock: HeldLock,
  reason: StartReason,
  previousVersion: string | null,
): Promise<void> {
  const order = { launch: request.launch, reason, previousVersion }
  try {
    await startDaemon(lock, order)
  } catch (error) {
    if (!isRangeFull(error)) throw error
    await makeRoom(request, lock)
    await startDaemon(lock, order).catch(async (again: unknown) => {
      throw isRangeFull(again) ? await rangeFull(request, again) : again
    })
  }
}

function isRangeFull(error: unknown): boolean {
  return error instanceof FamiliarError && error.code === 'E_RANGE_FULL'
}

/** What is provably stale goes; whatever it was, the next start finds its port free. */
async function makeRoom(request: ConnectRequest, lock: HeldLock): Promise<void> {
  const { family, scope, platform } = request
  await cleanUp({ family, scope, platform, intent: 'startup_clean', lock })
}

async function rangeFull(
  { family, scope, platform }: ConnectRequest,
  cause: unknown,
): Promise<FamiliarError> {
  const { candidates } = await look(family, scope, platform)
  const holders = candidates.map(
    ({ sighting, verdict }) =>
      `${sighting.port} ${sighting.pid ?? 'unknown'} ${verdict.reason ?? verdict.class}`,
  )
  const { from, to } = family.ports
  return new FamiliarError(
    'E_RANGE_FULL',
    `every port from ${from} to ${to - 1} is in use (port, process, what it is: ${holders.join('; ')})`,
    { hint: 'see the doctor', cause },
  )
}
