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
  readonly protocolVersion: number
  readonly doctorCommand: (port: number) => string
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

/** How long a daemon that holds its lock may take to write its record. */
const RECORD_WAIT_MS = 2_000

const RECORD_POLL_MS = 20

/**
 * Returns the scope's daemon, proven to own the record's token, starting one where there is none.
 *
 * Warm, that is one record read and one local request: no lock, no look at the machine (C1). Otherwise the life-cycle
 * lock is taken and the same is tried again, because a sibling may have done the work meanwhile (C2); then a daemon is
 * started and adopted (C3). A daemon that lives and does not answer is never ended here: `E_DAEMON_UNRESPONSIVE`
 * within two seconds (C4). A full range is cleaned once (C5), then `E_RANGE_FULL`.
 */
export async function connect(request: ConnectRequest): Promise<Connection> {
  const warm = await tryRecord(request)
  if (warm !== null) return connected(warm, null)
  const skipped = request.policy === null ? null : skipReason(request.policy)
  if (skipped !== null) return { outcome: 'skipped', reason: skipped }
  const { family, scope } = request
  const files = family.files(scope)
  assertOwnScope([scope, files.lifecycleLock, files.record], process.geteuid?.())
  const lock = await lockOrFind(request, files.lifecycleLock)
  if ('outcome' in lock) return lock
  try {
    return await connectLocked(request, lock)
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

/** Returns the recorded daemon where it answers and is proven; null where there is none to be had this way. */
async function tryRecord({ family, scope }: ConnectRequest): Promise<Found | null> {
  const record = readOwnRecord(family, scope)
  if (record === null || !record.running) return null
  const answer = await handshake(family, record)
  return answer.outcome === 'proven' ? { record, report: answer.report } : null
}

/** While it waits for the lock, the daemon that somebody else is starting may come up: then no lock is needed. */
async function lockOrFind(request: ConnectRequest, path: string): Promise<HeldLock | Connection> {
  const holder = { pid: process.pid, birth: null }
  const onWait = request.onWait === undefined ? {} : { onWait: request.onWait }
  const lock = await acquireLockUnless(path, { holder, ...onWait }, () => tryRecord(request))
  return 'report' in lock ? connected(lock, null) : lock
}

async function connectLocked(request: ConnectRequest, lock: HeldLock): Promise<Connection> {
  const { family, scope } = request
  const again = await tryRecord(request)
  if (again !== null) return connected(again, null)
  if (await isLockHeld(family.files(scope).daemonLock)) return connected(await awaitRecord(request), null)
  const previous = readOwnRecord(family, scope)
  const reason = request.reason ?? (previous?.running === true ? 'recorded_dead' : 'first_start')
  await startOnce(request, lock, reason, previous?.packageVersion ?? null)
  const found = await tryRecord(request)
  if (found !== null) return connected(found, reason)
  throw new FamiliarError('E_DAEMON_START_FAILED', 'the daemon started and then did not answer', {
    hint: `its log: ${request.launch.logFile}`,
    retry: true,
  })
}

/** Somebody holds the daemon lock. Its record may be on its way; a daemon that stays silent is named, not ended. */
async function awaitRecord(request: ConnectRequest): Promise<Found> {
  const end = performance.now() + RECORD_WAIT_MS
  while (performance.now() < end && readOwnRecord(request.family, request.scope)?.running !== true) {
    await sleep(RECORD_POLL_MS)
  }
  const found = await tryRecord(request)
  if (found !== null) return found
  throw unresponsive(request)
}

function unresponsive({ family, scope, launch, doctorCommand }: ConnectRequest): FamiliarError {
  const record = readOwnRecord(family, scope)
  const pid = readLockHolder(family.files(scope).daemonLock)?.pid ?? record?.pid ?? null
  const port = record?.port ?? null
  const at = port === null ? '' : `, port ${port}`
  return new FamiliarError(
    'E_DAEMON_UNRESPONSIVE',
    `the ${family.name} daemon (process ${pid ?? 'unknown'}${at}) does not answer; its log: ${launch.logFile}`,
    { hint: port === null ? 'see the doctor' : doctorCommand(port) },
  )
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
