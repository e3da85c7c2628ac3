import { isSingletonByRecord } from '../classify/derive.js'
import { inUseBy } from '../classify/evidence.js'
import { isHeldElsewhere } from '../identity/elsewhere.js'
import type { DaemonRecord } from '../identity/record.js'
import type { Lineage } from '../identity/spawn-shape.js'
import type { Candidate, Look } from './look.js'

/**
 * Returns the daemon of the scope, an own one before a predecessor's. Excludes a daemon whose marker is not proven to name
 * this scope, or that is the live daemon of another scope: a copied home contains the record of the original home.
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
 * Returns whether the daemon is the one that the scope's record places on another machine or in another pid namespace. A
 * daemon seen in our own namespaces is not: in a synchronised project, the record may be another machine's.
 */
export function runsElsewhere({ facts }: Candidate, { surroundings }: Look): boolean {
  return facts.same_namespaces !== 'yes' && isHeldElsewhere(surroundings.here, surroundings.machine)
}

/** Returns the scope's record that names this daemon, null when none does. */
export function recordOf({ sighting }: Candidate, { surroundings }: Look): DaemonRecord | null {
  const here = surroundings.here
  const records = here.records.flatMap((read) => (read.state === 'readable' ? [read.record] : []))
  const isIt = (record: DaemonRecord): boolean =>
    isSingletonByRecord(record, sighting, here) === 'yes' ||
    (sighting.ownsToken && record.lineage === 'own' && record.running && record.port === sighting.port)
  return records.find(isIt) ?? null
}
