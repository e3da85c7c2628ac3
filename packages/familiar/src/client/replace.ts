import { missingProofs } from '../classify/replacement-proofs.js'
import { FamiliarError } from '../errors.js'
import { titleOf } from '../family.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { Implementation } from '../identity/spawn-shape.js'
import { scan, FOREIGN_SCOPES_TIMEOUT_MS, type Candidate, type Scan } from '../observe/scan.js'
import { readPredecessorRecord } from '../observe/read-records.js'
import { isEndedByStop, recordOf, scopeDaemon } from '../observe/scope-daemon.js'
import { stateFrom } from '../observe/state-from-scan.js'
import {
  terminateScopeDaemon,
  markEnded,
  namesPredecessor,
  withDaemonLock,
  type EndOrder,
} from '../act/terminate-scope-daemon.js'
import type { HeldLock } from '../act/acquire-lock.js'
import { hintFor, unreachable, type Beyond } from './out-of-reach-errors.js'
import { quarantine } from '../act/record-file.js'
import type { FailureReason } from '../act/terminate-process.js'
import type { Launch } from './start-order.js'
import { assertCanStart } from './assert-can-start.js'

/** A daemon that was ended so that a daemon of this installation can replace it. */
export interface Replaced {
  readonly reason: 'version_mismatch' | 'installation_gone'
  readonly packageVersion: string | null
}

export interface ReplaceOrder extends EndOrder, Beyond {
  readonly reason: Replaced['reason']
  /** How to start the successor; omitted if none will be started. */
  readonly launch?: Launch
  readonly mayReplace?: boolean
  /** Returns the command that ends a daemon, given its port. */
  readonly doctorCommand: (port: number | null) => string
  /** The command that stops the daemon of the scope, of any version. */
  readonly stopCommand: string
  /** Returns the command that explains an id. */
  readonly explainCommand?: (id: string) => string
}

/** If one of these proofs is missing, this command cannot see the daemon well enough to judge it: it may be healthy. */
const BEYOND: ReadonlySet<string> = new Set([
  'pid_known',
  'start_time_known',
  'same_namespaces',
  'reachable',
  'elsewhere',
])

/**
 * The maximum number of scans until the daemon answers. On a busy machine even a healthy daemon may miss one. A
 * predecessor's daemon gets fewer than our own, which has just proven itself: it may be hung, and that must be reported
 * within two seconds.
 */
const SCANS: Readonly<Record<Implementation, number>> = { own: 3, predecessor: 2 }

/**
 * Ends our own daemon that the record names. Returns null if a scan no longer finds that process. Throws
 * `E_DAEMON_NOT_REPLACED` if the daemon is not proven to be this scope's, or did not end.
 */
export async function replaceOwn(
  order: ReplaceOrder,
  lock: HeldLock,
  record: DaemonRecord,
): Promise<Replaced | null> {
  const { target: found } = await findTarget(order, 'own')
  if (found === null || found.record?.instanceId !== record.instanceId) return null
  await end(order, lock, found)
  await markEnded(order, found.daemon)
  return { reason: order.reason, packageVersion: found.version }
}

/**
 * Ends the predecessor's daemon that its record names, and moves that record aside. Does nothing if a record of ours
 * exists. Returns null if there is no such daemon, or if it is not proven to be this scope's and our own can run beside
 * it. Throws `E_DAEMON_UNRESPONSIVE` if it lives but does not answer, and `E_DAEMON_UNREACHABLE` if it cannot be reached
 * from here. Throws `E_DAEMON_NOT_REPLACED` if it did not end, or if it is unproven and both use the same record file.
 */
export async function replacePredecessor(order: ReplaceOrder, lock: HeldLock): Promise<Replaced | null> {
  const { family, scope } = order
  if (readPredecessorRecord(family, scope) === null) return null
  const { seen, target: found } = await findTarget(order, 'predecessor')
  if (found === null) return assertNoneBeyond(order, seen)
  if (found.daemon.facts.marker !== 'yes')
    return leaveBeside(order, found, 'its command line does not name this scope')
  if (found.daemon.facts.reachable !== 'yes') throw unreachable(order, found.daemon.observation)
  if (found.daemon.facts.self_report !== 'yes') throw unresponsive(order, found)
  const files = family.files(scope)
  const missing = unproven(found)
  if (missing.length > 0 && !files.predecessorRecords.includes(files.record))
    return leaveBeside(order, found, `not proven: ${missing.join(', ')}`)
  await end(order, lock, found)
  await withDaemonLock(order, (daemonLock) => setPredecessorAside(order, daemonLock, found.record))
  return { reason: order.reason, packageVersion: found.version }
}

/** Throws if the scan found no daemon only because it runs where this process cannot reach it. */
function assertNoneBeyond(order: ReplaceOrder, seen: Scan): null {
  const { state, pid, port } = stateFrom(seen)
  if (state === 'unreachable') throw unreachable(order, { pid, port })
  return null
}

/** Leaves a daemon alone that is not proven to be this scope's. Tells this once to the user who starts our own daemon. */
function leaveBeside({ family, onWait }: ReplaceOrder, { daemon }: ReplaceTarget, why: string): null {
  const { pid, port } = daemon.observation
  const at = `process ${pid ?? 'unknown'}, port ${port ?? 'none'}`
  onWait?.(`a ${titleOf(family)} of an earlier version (${at}) runs here too; it is left alone: ${why}`)
  return null
}

interface ReplaceTarget {
  readonly seen: Scan
  readonly daemon: Candidate
  readonly record: DaemonRecord | null
  readonly version: string | null
}

async function findTarget(
  { family, scope, platform }: ReplaceOrder,
  implementation: Implementation,
): Promise<{ readonly seen: Scan; readonly target: ReplaceTarget | null }> {
  for (let scans = 1; ; scans++) {
    const seen = await scan(family, scope, platform, FOREIGN_SCOPES_TIMEOUT_MS, true)
    const daemon = scopeDaemon(seen, implementation)
    if (daemon === null) return { seen, target: null }
    if (daemon.facts.self_report !== 'yes' && scans < SCANS[implementation]) continue
    const record = recordOf(daemon, seen)
    const version = daemon.observation.report?.packageVersion ?? record?.packageVersion ?? null
    return { seen, target: { seen, daemon, record, version } }
  }
}

function unproven({ seen, daemon, record }: ReplaceTarget): readonly string[] {
  return missingProofs(daemon, seen.context, record)
}

async function end(order: ReplaceOrder, lock: HeldLock, found: ReplaceTarget): Promise<void> {
  const { daemon, record, version } = found
  const { pid, port } = daemon.observation
  const missing = unproven(found)
  const isVisible = !missing.some((fact) => BEYOND.has(fact))
  // A clean-up spares a daemon that answers, so only the stop command may still end it.
  const hint = isEndedByStop(daemon, found.seen) ? order.stopCommand : null
  const named = { pid, port, version, isVisible, hint }
  if (order.mayReplace === false) throw notReplaced(order, named, 'this command must not replace a daemon')
  if (missing.length > 0) throw notReplaced(order, named, `not proven: ${missing.join(', ')}`)
  if (order.launch !== undefined) assertCanStart(order.launch)
  const result = await terminateScopeDaemon(order, lock, daemon, record, found.seen)
  if (result.outcome === 'failed')
    throw notReplaced(order, { ...named, hint: explanationOf(order, result.reason) }, result.reason)
}

function unresponsive(
  { family, stopCommand, doctorCommand }: ReplaceOrder,
  { seen, daemon }: ReplaceTarget,
): FamiliarError {
  const { pid, port } = daemon.observation
  return new FamiliarError(
    'E_DAEMON_UNRESPONSIVE',
    `the ${titleOf(family)} of an earlier version (process ${pid ?? 'unknown'}, port ${port ?? 'none'}) does not answer`,
    { hint: isEndedByStop(daemon, seen) ? stopCommand : doctorCommand(port) },
  )
}

/**
 * Returns the command that explains the failure. Does not suggest a command that was just tried without success. A
 * failure that is only described in words has no id for `explain`.
 */
function explanationOf({ explainCommand }: ReplaceOrder, reason: FailureReason): string | null {
  return /^\w+$/.test(reason) ? (explainCommand?.(reason) ?? null) : null
}

/** Returns the error for a daemon that must be replaced but still runs. */
export function notReplaced(
  { family, otherScopeHint }: Pick<ReplaceOrder, 'family' | 'otherScopeHint'>,
  daemon: {
    readonly pid: number | null
    readonly port: number | null
    readonly version: string | null
    /** False if the daemon cannot be judged from here. In this case no command that would end it is suggested. */
    readonly isVisible: boolean
    /** A command that may help; null if there is none. */
    readonly hint: string | null
  },
  why: string,
): FamiliarError {
  const { pid, port, version } = daemon
  return new FamiliarError(
    'E_DAEMON_NOT_REPLACED',
    `the ${titleOf(family)} (process ${pid ?? 'unknown'}, port ${port ?? 'none'}, version ${version ?? 'unknown'}) must be replaced and was not: ${why}`,
    { hint: daemon.isVisible ? daemon.hint : hintFor(otherScopeHint) },
  )
}

/** Moves only the record that named this daemon, because the predecessor's own command may have written another one meanwhile. */
function setPredecessorAside(
  { family, scope }: ReplaceOrder,
  lock: HeldLock,
  replaced: DaemonRecord | null,
): void {
  if (replaced === null) return
  for (const path of family.files(scope).predecessorRecords) {
    if (namesPredecessor(family, path, replaced)) quarantine(lock, path, 'replaced', replaced.token)
  }
}
