import { isSingletonByRecord, provesPredecessor } from '../classify/singleton.js'
import { isHeldElsewhere } from '../classify/names-living.js'
import { maybeInUseBy, usedScope } from '../classify/stale-evidence.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { Implementation } from '../identity/spawn-shape.js'
import type { Candidate, Scan } from './scan.js'

/**
 * Returns the daemon of the scanned scope, preferably our own, otherwise a predecessor's; null if none was found.
 * Excludes a daemon whose marker is not proven to name this scope, and one that is the live daemon of another scope,
 * because the record in a copied home directory names the daemon of the original one.
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
 * pid namespace. False for a daemon in our own namespaces, because the record of a project that is synchronised between
 * machines may have been written on another one.
 */
export function runsElsewhere({ facts }: Candidate, { context }: Scan): boolean {
  return facts.same_namespaces !== 'yes' && isHeldElsewhere(context.here, context.machine)
}

/** Returns the record of the scanned scope that names this daemon; null if none does. */
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
 * Returns whether a proof of the process is enough to signal it as the daemon of the scope. It is enough for a daemon of
 * ours. A predecessor's daemon must also have the token and port in the record, and be proven not to be the daemon of another
 * scope (`maybeInUseBy`), because the record may be a copy of that of another scope.
 */
export function isSingletonProven(
  { observation }: Candidate,
  record: DaemonRecord | null,
  { context }: Pick<Scan, 'context'>,
): boolean {
  if (observation.shape?.implementation !== 'predecessor') return true
  if (record === null || provesPredecessor(record, observation) !== 'yes') return false
  return maybeInUseBy(observation, context) === null
}

/**
 * Returns whether `stop` ends this daemon of the scope. It ends a predecessor's daemon only if the scope has no record of
 * ours, because otherwise only commands of the predecessor use that daemon.
 */
export function isEndedByStop(daemon: Candidate, seen: Scan): boolean {
  if (daemon.observation.shape?.implementation !== 'predecessor') return true
  return isPredecessorAlone(seen) && isSingletonProven(daemon, recordOf(daemon, seen), seen)
}

/** Returns whether each record of the scope is absent or a predecessor's. */
export function isPredecessorAlone({ context }: Scan): boolean {
  return context.here.records.every(
    (read) =>
      read.state === 'absent' || (read.state === 'readable' && read.record.implementation === 'predecessor'),
  )
}
