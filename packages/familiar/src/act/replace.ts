import { holdsLock } from '../classify/derive.js'
import type { Facts } from '../classify/facts.js'
import { FamiliarError } from '../errors.js'
import type { DaemonRecord } from '../identity/record.js'
import type { Lineage } from '../identity/spawn-shape.js'
import { look, PATIENT_MS, type Candidate, type Look } from '../observe/look.js'
import { readPredecessorRecord } from '../observe/records.js'
import {
  endSingleton,
  markEnded,
  namesPredecessor,
  recordOf,
  singletonOf,
  withDaemonLock,
  type EndOrder,
} from './end-singleton.js'
import type { HeldLock } from './lock.js'
import { setAside } from './record-file.js'
import { assertCanStart, type Launch } from './start.js'

/** A daemon that had to make room for one of this installation. */
export interface Replaced {
  readonly reason: 'version_mismatch' | 'installation_gone'
  readonly packageVersion: string | null
}

export interface ReplaceOrder extends EndOrder {
  readonly reason: Replaced['reason']
  /** How the successor is started; without one, none is. */
  readonly launch?: Launch
  /** The command that deals with a daemon by its port. */
  readonly doctorCommand: (port: number | null) => string
}

/**
 * What must be proven of a daemon that is replaced: marker and self-report name this scope, and it is this user's
 * process, seen whole. (That a record of this scope names it is asked for besides, and of ours the daemon lock.)
 */
const REQUIRED: readonly (keyof Facts)[] = [
  'in_range',
  'spawn_shape',
  'self_report',
  'singleton_here',
  'same_user',
  'pid_known',
  'birth_known',
  'same_namespaces',
  'marker',
  'marker_here',
  'report_agrees',
  'scope_agrees',
]

/**
 * A busy machine may keep a healthy daemon from answering one look in time. Ours has just proven itself; a predecessor may
 * as well be wedged, which must be said within two seconds.
 */
const LOOKS: Readonly<Record<Lineage, number>> = { own: 3, predecessor: 2 }

/**
 * Ends our daemon of another version, the very one that the record names. Null: it is gone already. Throws
 * `E_DAEMON_NOT_REPLACED` where it is not proven to be this scope's, or did not go.
 */
export async function replaceOwn(
  order: ReplaceOrder,
  lock: HeldLock,
  record: DaemonRecord,
): Promise<Replaced | null> {
  const found = await lookFor(order, 'own')
  if (found === null || found.record?.instanceId !== record.instanceId) return null
  await end(order, lock, found)
  await markEnded(order, found.daemon)
  return { reason: order.reason, packageVersion: found.version }
}

/**
 * Ends the predecessor's daemon that its record names, and moves that record aside; once there is a record of ours, never.
 * Null: there is none, or one that is not proven to be this scope's, which ours can live beside. Throws
 * `E_DAEMON_UNRESPONSIVE` for one that lives and does not answer, `E_DAEMON_NOT_REPLACED` when it did not go.
 */
export async function replacePredecessor(order: ReplaceOrder, lock: HeldLock): Promise<Replaced | null> {
  const { family, scope } = order
  if (readPredecessorRecord(family, scope) === null) return null
  const found = await lookFor(order, 'predecessor')
  if (found === null) return null
  if (found.daemon.facts.self_report !== 'yes') throw unresponsive(order, found)
  const files = family.files(scope)
  if (unproven(found).length > 0 && files.record !== files.predecessorRecord) return null
  await end(order, lock, found)
  await withDaemonLock(order, (daemonLock) => setPredecessorAside(order, daemonLock, found.record))
  return { reason: order.reason, packageVersion: found.version }
}

interface Found {
  readonly seen: Look
  readonly daemon: Candidate
  readonly record: DaemonRecord | null
  readonly version: string | null
}

async function lookFor({ family, scope, platform }: ReplaceOrder, lineage: Lineage): Promise<Found | null> {
  for (let looks = 1; ; looks++) {
    const seen = await look(family, scope, platform, PATIENT_MS)
    const daemon = singletonOf(seen, lineage)
    if (daemon === null) return null
    if (daemon.facts.self_report !== 'yes' && looks < LOOKS[lineage]) continue
    const record = recordOf(daemon, seen)
    const version = daemon.sighting.report?.packageVersion ?? record?.packageVersion ?? null
    return { seen, daemon, record, version }
  }
}

/** Returns what is missing of the proof. */
function unproven({ seen, daemon, record }: Found): readonly string[] {
  const { facts, sighting } = daemon
  const isLockHolder = holdsLock(sighting, seen.surroundings.here) === 'yes'
  return [
    ...REQUIRED.filter((fact) => facts[fact] !== 'yes'),
    ...(facts.other_family === 'no' ? [] : ['other_family']),
    ...(record === null ? ['record'] : []),
    ...(isLockHolder || sighting.shape?.lineage === 'predecessor' ? [] : ['daemon_lock']),
  ]
}

async function end(order: ReplaceOrder, lock: HeldLock, found: Found): Promise<void> {
  const { daemon, record, version } = found
  const { pid, port } = daemon.sighting
  const named = { pid, port, version }
  const missing = unproven(found)
  if (missing.length > 0) throw notReplaced(order, named, `not proven: ${missing.join(', ')}`)
  if (order.launch !== undefined) assertCanStart(order.launch)
  const result = await endSingleton(order, lock, daemon, record)
  if (result.outcome === 'failed') throw notReplaced(order, named, result.reason)
}

function unresponsive({ family, doctorCommand }: ReplaceOrder, { daemon }: Found): FamiliarError {
  const { pid, port } = daemon.sighting
  return new FamiliarError(
    'E_DAEMON_UNRESPONSIVE',
    `the ${family.name} daemon of an earlier version (process ${pid ?? 'unknown'}, port ${port ?? 'none'}) does not answer`,
    { hint: doctorCommand(port) },
  )
}

/** Says that a daemon that must be replaced still runs, and why. */
export function notReplaced(
  { family, doctorCommand }: Pick<ReplaceOrder, 'family' | 'doctorCommand'>,
  daemon: { readonly pid: number | null; readonly port: number | null; readonly version: string | null },
  why: string,
): FamiliarError {
  const { pid, port, version } = daemon
  return new FamiliarError(
    'E_DAEMON_NOT_REPLACED',
    `the ${family.name} daemon (process ${pid ?? 'unknown'}, port ${port ?? 'none'}, version ${version ?? 'unknown'}) must be replaced and was not: ${why}`,
    { hint: doctorCommand(port) },
  )
}

/** Only the record that named the daemon: the predecessor's own command may have written another one meanwhile. */
function setPredecessorAside(
  { family, scope }: ReplaceOrder,
  lock: HeldLock,
  replaced: DaemonRecord | null,
): void {
  const path = family.files(scope).predecessorRecord
  if (replaced !== null && namesPredecessor(path, replaced)) setAside(lock, path, 'replaced')
}
