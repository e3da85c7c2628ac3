import type { Candidate, DaemonRecord, Look } from 'familiar'

/** The `daemon` block of the doctor's document: the recorded daemon of this root. */
export interface DaemonView {
  readonly active: boolean
  readonly pid: number | null
  readonly port: number
  readonly package_version: string | null
  readonly protocol_version: number | null
  readonly started_at: string | null
  readonly last_sync: string | null
  readonly consecutive_failures: number | null
  readonly queued: number | null
}

/** Returns the running daemon that a record of this root names, ours before the predecessor's. Null when none is recorded. */
export function recordedDaemon(seen: Look): DaemonRecord | null {
  const records = seen.surroundings.here.records.flatMap((read) =>
    read.state === 'readable' && read.record.running ? [read.record] : [],
  )
  return records[0] ?? null
}

/** Returns the candidate that is the recorded daemon, null when the record names nobody who listens. */
export function singletonCandidate(seen: Look): Candidate | null {
  const port = recordedDaemon(seen)?.port
  return (
    seen.candidates.find(
      (candidate) => candidate.sighting.port === port && candidate.facts.singleton_here === 'yes',
    ) ?? null
  )
}

/** Returns the `daemon` block, null when nothing is recorded. */
export function readDaemon(seen: Look): DaemonView | null {
  const record = recordedDaemon(seen)
  if (record === null) return null
  const sighting = singletonCandidate(seen)?.sighting
  const age = sighting?.process?.ageSeconds ?? null
  return {
    active: sighting?.report != null,
    pid: record.pid ?? sighting?.pid ?? null,
    port: record.port,
    package_version: sighting?.report?.packageVersion ?? record.packageVersion,
    protocol_version: sighting?.report?.protocolVersion ?? record.protocolVersion,
    started_at: age === null ? record.startedAt : new Date(Date.now() - age * 1000).toISOString(),
    last_sync: sighting?.report?.details.lastSync ?? null,
    consecutive_failures: sighting?.report?.details.consecutiveFailures ?? null,
    queued: null,
  }
}
