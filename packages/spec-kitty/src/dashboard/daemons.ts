import { scan, type Candidate, type Family, type Platform, type Self } from 'familiar'
import { identityRecord } from '../doctor/identity-record.js'
import { withRemedy } from '../doctor/remedies.js'
import { dashboardFamily, syncFamily } from '../daemons/families.js'
import type { DaemonsReply } from './api.js'

export interface DaemonsRequest {
  readonly project: string
  readonly root: string
  readonly platform: Platform
  readonly self: Self
}

/** Scans the port ranges of both families and returns everything that listens there. Changes nothing. */
export async function readDaemons(request: DaemonsRequest): Promise<DaemonsReply> {
  const families = [
    [dashboardFamily(request.root), request.project],
    [syncFamily, request.root],
  ] as const
  return {
    generated_at: new Date().toISOString(),
    families: await Promise.all(families.map(([family, scope]) => readFamily(family, scope, request))),
  }
}

async function readFamily(
  family: Family,
  scope: string,
  { platform, self }: DaemonsRequest,
): Promise<DaemonsReply['families'][number]> {
  const { name, ports } = family
  try {
    const seen = await scan(family, scope, platform)
    const daemons = seen.candidates.map((candidate) =>
      entryOf(candidate, withRemedy(identityRecord(candidate, seen, self), candidate, seen)),
    )
    return { name, ports, daemons, problem: null }
  } catch (error) {
    return { name, ports, daemons: [], problem: error instanceof Error ? error.message : String(error) }
  }
}

function entryOf(
  { facts }: Candidate,
  record: ReturnType<typeof withRemedy>,
): DaemonsReply['families'][number]['daemons'][number] {
  const { scanned_family, daemon_family, pid, port, package_version, daemon_root, singleton_scope_id } =
    record
  const { cleanup_class, skip_reason, rule, uptime_seconds, memory_bytes, remedy } = record
  return {
    family: daemon_family ?? scanned_family,
    pid,
    port,
    package_version,
    scope: daemon_root ?? singleton_scope_id,
    is_live: skip_reason === 'is_recorded_singleton' && facts.marker_here !== 'no',
    cleanup_class,
    skip_reason,
    rule,
    uptime_seconds,
    memory_bytes,
    remedy,
  }
}
