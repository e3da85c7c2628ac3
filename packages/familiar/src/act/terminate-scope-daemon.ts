import { rmSync } from 'node:fs'
import { provesPredecessor } from '../classify/derive.js'
import { FamiliarError, throwLack } from '../errors.js'
import type { Family } from '../family.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { Candidate } from '../observe/scan.js'
import { readRecord } from '../observe/records.js'
import type { Platform } from '../observe/platform/platform.js'
import { requestShutdown } from './request-shutdown.js'
import { withLock, type HeldLock } from './lock.js'
import { markStopped } from './record-file.js'
import { isGoneWithin, retire, STEP_MS, type Retirement } from './terminate.js'

export interface EndOrder {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly platform: Platform
  /** Written to the daemon's log and, as the stop reason, to its record. */
  readonly reason: string
  readonly onWait?: (message: string) => void
}

/** Correcting a record needs the daemon lock. The record's daemon is dead by then, so the lock is not held for long. */
const DAEMON_LOCK_WAIT_MS = 1_000

/**
 * The upper limit of the drain time that a daemon announces: the life-cycle lock is held meanwhile, others wait 30 s for it,
 * and a start must still fit in.
 */
const LONGEST_DRAIN_MS = 10_000

/** After this long, the user is told what we wait for. */
const ANNOUNCE_AFTER_MS = 1_000

/**
 * Ends a daemon of the scope: asks it first and grants the drain time it announces, at most 10 s (our own daemon gets the
 * token only after proving that it owns it), then signals the proven process. Without a proven process, only asks. Returns
 * `swept` only if it is gone. The life-cycle lock must be held for the whole call.
 */
export async function terminateScopeDaemon(
  order: EndOrder,
  lock: HeldLock,
  daemon: Candidate,
  record: DaemonRecord | null,
): Promise<Retirement> {
  const { family, platform, reason } = order
  if (daemon.facts.same_user !== 'yes') return { outcome: 'failed', reason: 'permission_denied' }
  if (daemon.proof === null) return askOnly(order, daemon.observation, record)
  if (!isProven(daemon, record)) return { outcome: 'failed', reason: 'identity_unproven' }
  const { pid } = daemon.proof
  const timer = setTimeout(
    () => order.onWait?.(`waiting for the ${family.name} daemon (process ${pid}) to finish what it is doing`),
    ANNOUNCE_AFTER_MS,
  )
  const ask = record === null ? {} : { ask: () => askFor(family, record, reason) }
  try {
    return await retire(lock, platform, family, daemon.proof, ask)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * A predecessor's daemon is proven by a record with its token and port. If its command line names no scope, everything else
 * that could name one must be readable too, so that another scope's daemon is never taken for this one's.
 */
function isProven({ facts, observation }: Candidate, record: DaemonRecord | null): boolean {
  if (observation.shape?.lineage !== 'predecessor') return true
  if (record === null || provesPredecessor(record, observation) !== 'yes') return false
  return facts.marker === 'yes' || observation.namedScopes !== null
}

/** Asks a daemon without signalling it: its process has another spawn shape, or runs in a container. */
export async function askOnly(
  { family, platform, reason }: EndOrder,
  { pid, process }: Pick<Candidate['observation'], 'pid' | 'process'>,
  record: DaemonRecord | null,
): Promise<Retirement> {
  const failed = { outcome: 'failed', reason: 'identity_unproven' } as const
  if (record?.lineage !== 'own' || pid === null || process === null) return failed
  const drainMs = await askFor(family, record, reason)
  if (drainMs === null) return failed
  const isGone = await isGoneWithin(platform, { pid, startTime: process.startTime }, drainMs + STEP_MS)
  return isGone ? { outcome: 'swept', path: 'http_shutdown' } : failed
}

async function askFor(family: Family, record: DaemonRecord, reason: string): Promise<number | null> {
  const drainMs = await requestShutdown(family, record, reason)
  return drainMs === null ? null : Math.min(drainMs, LONGEST_DRAIN_MS)
}

/** What correcting a record needs. */
type TidyOrder = Pick<EndOrder, 'family' | 'scope' | 'reason'>

/**
 * Marks the record that a killed daemon left as stopped, because that daemon could not do so itself. Takes the daemon lock:
 * a new daemon that holds it writes its own record anyway. Returns whether there was such a record.
 */
export async function markEnded(order: TidyOrder, { proof, observation }: Candidate): Promise<boolean> {
  if (proof === null || observation.shape?.lineage !== 'own') return false
  const { record } = order.family.files(order.scope)
  let isMarked = false
  await withDaemonLock(order, (lock) => (isMarked = markStopped(lock, record, proof, order.reason)))
  return isMarked
}

/**
 * Corrects a record that still names a daemon that was just ended: ours is marked stopped, a predecessor's file is removed.
 * Returns whether there was such a record.
 */
export async function tidyRecord(order: TidyOrder, daemon: Candidate): Promise<boolean> {
  const { shape } = daemon.observation
  if (shape?.lineage !== 'predecessor') return markEnded(order, daemon)
  const { predecessorRecord } = order.family.files(order.scope)
  let isRemoved = false
  await withDaemonLock(order, () => {
    isRemoved = namesPredecessor(order.family, predecessorRecord, shape)
    if (isRemoved) rmSync(predecessorRecord)
  })
  return isRemoved
}

/** Returns whether the file is a predecessor's record that names this daemon: another may have been written meanwhile. */
export function namesPredecessor(
  family: Family,
  path: string,
  named: { readonly token: string | null; readonly port: number | null },
): boolean {
  const read = readRecord(family, path)
  if (read.state !== 'readable' || read.record.lineage !== 'predecessor') return false
  return read.record.token === named.token && read.record.port === named.port
}

/**
 * Calls `act`, which changes the records of the scope, with the daemon lock held. Does nothing if the lock is busy or cannot
 * be used, and ignores every `FamiliarError` of `act` but `E_RESOURCES`.
 */
export async function withDaemonLock(
  { family, scope }: Pick<EndOrder, 'family' | 'scope'>,
  act: (lock: HeldLock) => void,
): Promise<void> {
  try {
    const options = { waitMs: DAEMON_LOCK_WAIT_MS }
    await withLock(family.files(scope).daemonLock, options, async (lock) => act(lock))
  } catch (error) {
    throwLack(error)
    if (!(error instanceof FamiliarError)) throw error
  }
}
