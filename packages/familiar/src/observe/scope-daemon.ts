import { isSingletonByRecord, provesPredecessor } from '../classify/derive-facts.js'
import { isHeldElsewhere } from '../classify/record-facts.js'
import { usedScope } from '../classify/stale-evidence.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { Implementation } from '../identity/spawn-shape.js'
import type { Candidate, Scan } from './scan.js'

/**
 * Returns the daemon of the scanned scope, our own before a predecessor's; null if none was seen. Excludes a daemon whose
 * marker is not proven to name this scope, and one that is the live daemon of another scope: the record in a copied home
 * directory names the daemon of the original one.
 */
export function scopeDaemon(seen: Scan, implementation?: Implementation): Candidate | null {
  const found = seen.candidates.filter(
    ({ facts, observation }) =>
      facts.singleton_here === 'yes' &&
      (facts.marker !== 'yes' || facts.marker_here === 'yes') &&
      usedScope(observation, seen.context) === null &&
      (implementation === undefined || observation.shape?.implementation === implementation),
  )
  return found.find(({ observation }) => observation.shape?.implementation === 'own') ?? found[0] ?? null
}

/**
 * Returns whether the daemon is the one that, according to a record of the scope, runs on another machine or in another
 * pid namespace. False for a daemon in our own namespaces: if the project is synchronised between machines, the record may
 * have been written on another one.
 */
export function runsElsewhere({ facts }: Candidate, { context }: Scan): boolean {
  return facts.same_namespaces !== 'yes' && isHeldElsewhere(context.here, context.machine)
}

/** Returns the record of the scanned scope that names this daemon; null when none does. */
export function recordOf({ observation }: Candidate, { context }: Scan): DaemonRecord | null {
  const here = context.here
  const records = here.records.flatMap((read) => (read.state === 'readable' ? [read.record] : []))
  const isIt = (record: DaemonRecord): boolean =>
    isSingletonByRecord(record, observation, here) === 'yes' ||
    (observation.ownsToken &&
      record.implementation === 'own' &&
      record.running &&
      record.port === observation.port)
  return records.find(isIt) ?? null
}

/**
 * Returns whether a proof of the process is enough to signal it as the daemon of the scope. For a daemon of ours it is. A
 * predecessor's daemon must also have the token and port in the record. If its command line has no marker, everything else
 * that could name a scope must be readable too, so that the daemon of another scope is never ended by mistake.
 */
export function isSingletonProven({ facts, observation }: Candidate, record: DaemonRecord | null): boolean {
  if (observation.shape?.implementation !== 'predecessor') return true
  if (record === null || provesPredecessor(record, observation) !== 'yes') return false
  return facts.marker === 'yes' || observation.namedScopes !== null
}

/**
 * Returns whether `stop` ends this daemon of the scope. A predecessor's only as long as the scope has no record of ours:
 * with one, only commands of the predecessor use it.
 */
export function isEndedByStop(daemon: Candidate, seen: Scan): boolean {
  if (daemon.observation.shape?.implementation !== 'predecessor') return true
  return isPredecessorAlone(seen) && isSingletonProven(daemon, recordOf(daemon, seen))
}

/** Returns whether each record of the scope is absent or a predecessor's. */
export function isPredecessorAlone({ context }: Scan): boolean {
  return context.here.records.every(
    (read) =>
      read.state === 'absent' || (read.state === 'readable' && read.record.implementation === 'predecessor'),
  )
}
