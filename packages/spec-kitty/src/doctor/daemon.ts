import type { Candidate, DaemonRecord, Look } from 'familiar'

/** The `daemon` block of the doctor's document: the recorded daemon of this root. */
export interface DaemonView {
  readonly active: boolean
  readonly pid: number | null
  readonly port: number | null
  readonly package_version: string | null
  readonly protocol_version: number | null
  readonly started_at: string | null
  readonly last_sync: string | null
  readonly consecutive_failures: number | null
  readonly queued: number | null
}

/**
 * Returns the running daemon that a record of this root names, ours before the predecessor's. Null when none is
 * recorded; a copied root has the record of the root it was copied from, which names nothing here.
 */
export function recordedDaemon(seen: Look): DaemonRecord | null {
  const { records, real } = seen.surroundings.here
  const running = records.flatMap((read) =>
    read.state === 'readable' && read.record.running ? [read.record] : [],
  )
  return running.find(({ scope }) => scope === null || scope === real) ?? null
}

/** Returns the daemon of this root as it was seen, ours before a predecessor's; null when there is none. */
export function singletonCandidate(seen: Look): Candidate | null {
  const found = seen.candidates.filter(isSingletonHere)
  return found.find(({ sighting }) => sighting.shape?.lineage === 'own') ?? found[0] ?? null
}

/** Returns whether it is the daemon of this root; one whose marker is not proven to mean this root is another's. */
export function isSingletonHere({ facts }: Candidate): boolean {
  return facts.singleton_here === 'yes' && (facts.marker !== 'yes' || facts.marker_here === 'yes')
}

/** Returns the `daemon` block, null when nothing is recorded and nobody holds the daemon lock. */
export function readDaemon(seen: Look): DaemonView | null {
  const record = recordedDaemon(seen)
  const sighting = singletonCandidate(seen)?.sighting
  if (record === null && sighting === undefined) return null
  const age = sighting?.process?.ageSeconds ?? null
  return {
    active: sighting?.report != null,
    pid: sighting?.pid ?? record?.pid ?? null,
    port: sighting?.port ?? record?.port ?? null,
    package_version: sighting?.report?.packageVersion ?? record?.packageVersion ?? null,
    protocol_version: sighting?.report?.protocolVersion ?? record?.protocolVersion ?? null,
    started_at: age === null ? (record?.startedAt ?? null) : new Date(Date.now() - age * 1000).toISOString(),
    last_sync: sighting?.report?.details.lastSync ?? null,
    consecutive_failures: sighting?.report?.details.consecutiveFailures ?? null,
    queued: null,
  }
}
