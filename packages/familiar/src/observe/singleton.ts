import { isSingletonByRecord } from '../classify/derive.js'
import { inUseBy } from '../classify/evidence.js'
import { isHeldElsewhere } from '../identity/elsewhere.js'
import type { DaemonRecord } from '../identity/record.js'
import type { Lineage } from '../identity/spawn-shape.js'
import type { Candidate, Look } from './look.js'

/**
 * Returns the daemon of the scope, ours before a predecessor's. One whose marker is not proven to mean this scope, or that
 * is the live daemon of another scope, is not it: a copied home has the record of the home that it was copied from.
 */
export function singletonOf(seen: Look, lineage?: Lineage): Candidate | null {
  const found = seen.candidates.filter(
    ({ facts, sighting }) =>
      facts.singleton_here === 'yes' &&
      (facts.marker !== 'yes' || facts.marker_here === 'yes') &&
      inUseBy(sighting, seen.surroundings) === null &&
      (lineage === undefined || sighting.shape?.lineage === lineage),
  )
  return found.find(({ sighting }) => sighting.shape?.lineage === 'own') ?? found[0] ?? null
}

/**
 * Returns whether the daemon is the one of another machine or pid namespace that the record of the scope names. One that is
 * seen in our own namespaces is not: the record may be another machine's, in a synchronised project.
 */
export function runsElsewhere({ facts }: Candidate, { surroundings }: Look): boolean {
  return facts.same_namespaces !== 'yes' && isHeldElsewhere(surroundings.here, surroundings.machine)
}

/** Returns the record of the scope that names this daemon, null when none does. */
export function recordOf({ sighting }: Candidate, { surroundings }: Look): DaemonRecord | null {
  const here = surroundings.here
  const records = here.records.flatMap((read) => (read.state === 'readable' ? [read.record] : []))
  const isIt = (record: DaemonRecord): boolean =>
    isSingletonByRecord(record, sighting, here) === 'yes' ||
    (sighting.ownsToken && record.lineage === 'own' && record.running && record.port === sighting.port)
  return records.find(isIt) ?? null
}
