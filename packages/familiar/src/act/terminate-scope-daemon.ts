import { rmSync } from 'node:fs'
import { FamiliarError, throwLack } from '../errors.js'
import { boundText } from '../clock.js'
import { titleOf, type Family } from '../family.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { isSingletonProven } from '../observe/scope-daemon.js'
import { readRecord } from '../observe/read-records.js'
import type { Platform } from '../observe/platform/platform.js'
import { LONGEST_DRAIN_MS, LONGEST_REQUEST_MS, requestShutdown } from './request-shutdown.js'
import { withLock, type HeldLock } from './acquire-lock.js'
import { markStopped } from './record-file.js'
import { noteEnding } from './endings.js'
import {
  endingOf,
  isGoneWithin,
  LONGEST_END_MS,
  terminate,
  STEP_MS,
  type Termination,
} from './terminate-process.js'

export interface EndOrder {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly platform: Platform
  /** Why the daemon is ended: written to its log and, as the stop reason, to its record. */
  readonly reason: string
  /** The command that stops the daemon of the scope. */
  readonly stopCommand?: string
  readonly onWait?: (message: string) => void
}

/**
 * How long to wait for the daemon lock, which correcting a record needs. The daemon of the record has ended by then, so
 * the lock is normally free.
 */
const DAEMON_LOCK_WAIT_MS = 1_000

/** A command that has waited this long calls `onWait`, which says what it waits for. */
const ANNOUNCE_AFTER_MS = 1_000

/**
 * Ends a daemon of the scope. First asks it to shut down, and waits for the drain time that it announces, at most 10 s;
 * a daemon of ours is sent the token only after it has proved that it already has it. Then signals its process, but
 * only if that is proven (`Candidate.proof`). Returns `swept` only if the process is gone. The life-cycle lock must be
 * held for the whole call.
 */
export async function terminateScopeDaemon(
  order: EndOrder,
  lock: HeldLock,
  daemon: Candidate,
  record: DaemonRecord | null,
  seen: Scan,
): Promise<Termination> {
  const { family, platform, reason } = order
  if (daemon.facts.same_user !== 'yes') return { outcome: 'failed', reason: 'permission_denied' }
  if (daemon.proof === null) return askOnly(order, daemon.observation, record)
  if (!isSingletonProven(daemon, record, seen)) return { outcome: 'failed', reason: 'identity_unproven' }
  const { pid } = daemon.proof
  const until = boundText(LONGEST_DRAIN_MS + LONGEST_END_MS)
  // A daemon that hangs has not accepted the request, so it has no work to finish.
  let hasAccepted = false
  const announce = (): void => {
    const what = hasAccepted ? 'finish what it is doing' : 'end'
    order.onWait?.(`waiting for the ${titleOf(family)} (process ${pid}) to ${what}, ${until}`)
  }
  const timer = setTimeout(announce, ANNOUNCE_AFTER_MS)
  const ask = async (asked: DaemonRecord): Promise<number | null> => {
    const drainMs = await requestShutdown(family, asked, reason)
    hasAccepted = drainMs !== null
    return drainMs
  }
  try {
    return await terminate(lock, platform, family, daemon.proof, {
      ...(record === null ? {} : { ask: () => ask(record) }),
      stopCommand: stopCommandFor(order, daemon),
    })
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Returns the command that ends the candidate even if it has closed its port: one of ours holds the lock of the scope, so
 * a later scan shows it. Null for a predecessor's daemon, and for a candidate that is not the daemon of the scope.
 */
export function stopCommandFor(
  { stopCommand = null }: { readonly stopCommand?: string | null },
  { facts, observation }: Candidate,
): string | null {
  const isOwn = facts.singleton_here === 'yes' && observation.shape?.implementation === 'own'
  return isOwn ? stopCommand : null
}

/**
 * Asks a daemon of ours to shut down, but never signals it, because its process has another spawn shape or runs in a
 * container. Returns `failed` if the daemon does not accept, or still runs after its drain time.
 */
export async function askOnly(
  { family, platform, reason, stopCommand }: EndOrder,
  {
    pid,
    process,
    port,
    listeners = [],
  }: Pick<Candidate['observation'], 'pid' | 'process' | 'port'> &
    Partial<Pick<Candidate['observation'], 'listeners'>>,
  record: DaemonRecord | null,
): Promise<Termination> {
  const failed = { outcome: 'failed', reason: 'identity_unproven' } as const
  if (record?.implementation !== 'own' || pid === null || process === null) return failed
  const target = { pid, startTime: process.startTime, port, listeners }
  const ending = noteEnding(endingOf(platform, target, stopCommand ?? null))
  let isGone = false
  try {
    ending.assertMayTell()
    ending.tell(LONGEST_REQUEST_MS, LONGEST_REQUEST_MS + LONGEST_DRAIN_MS + STEP_MS)
    const drainMs = await requestShutdown(family, record, reason)
    if (drainMs === null) return failed
    ending.tell(drainMs + STEP_MS, drainMs + STEP_MS)
    isGone = await isGoneWithin(platform, target, drainMs + STEP_MS)
  } finally {
    ending.over(isGone)
  }
  return isGone ? { outcome: 'swept', path: 'http_shutdown' } : failed
}

/** The fields of the order that are needed to correct a record. */
type TidyOrder = Pick<EndOrder, 'family' | 'scope' | 'reason'>

/**
 * Marks the record of a daemon of ours that was just ended as stopped, because a killed daemon could not do so itself.
 * Does nothing if a new daemon already holds the daemon lock, because that daemon writes its own record. Returns whether
 * the record was changed.
 */
export async function markEnded(order: TidyOrder, { proof, observation }: Candidate): Promise<boolean> {
  if (proof === null || observation.shape?.implementation !== 'own') return false
  const { record } = order.family.files(order.scope)
  let isMarked = false
  await withDaemonLock(order, (lock) => (isMarked = markStopped(lock, record, proof, order.reason)))
  return isMarked
}

/**
 * Corrects the record of a daemon that was just ended: marks a record of ours as stopped, removes a predecessor's.
 * Returns whether the record was changed or removed.
 */
export async function tidyRecord(order: TidyOrder, daemon: Candidate): Promise<boolean> {
  const { shape } = daemon.observation
  if (shape?.implementation !== 'predecessor') return markEnded(order, daemon)
  const { predecessorRecords } = order.family.files(order.scope)
  let isRemoved = false
  await withDaemonLock(order, () => {
    const naming = predecessorRecords.filter((path) => namesPredecessor(order.family, path, shape))
    for (const path of naming) rmSync(path)
    isRemoved = naming.length > 0
  })
  return isRemoved
}

/**
 * Returns whether the file is still a predecessor's record with this token and port: another record may have been written
 * meanwhile.
 */
export function namesPredecessor(
  family: Family,
  path: string,
  named: { readonly token: string | null; readonly port: number | null },
): boolean {
  const read = readRecord(family, path)
  if (read.state !== 'readable' || read.record.implementation !== 'predecessor') return false
  return read.record.token === named.token && read.record.port === named.port
}

/**
 * Calls `act`, which changes the records of the scope, while this process holds the daemon lock. Does nothing if the lock
 * is busy or cannot be used, and ignores every `FamiliarError` of `act` but `E_RESOURCES`.
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
