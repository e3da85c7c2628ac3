import type { Candidate, Daemon } from 'familiar'
import { describeCandidate } from 'familiar/cli'
import { processRoot } from '../cli/runtime-root.js'
import { dashboardDaemon, syncDaemon } from '../daemons/daemons.js'
import type { DaemonsReply } from './api.js'

/** Scans the port ranges of both families and returns everything that listens there. Changes nothing. */
export async function readDaemons(project: string): Promise<DaemonsReply> {
  return {
    generated_at: new Date().toISOString(),
    families: await Promise.all([dashboardDaemon.at(project), syncDaemon.at(processRoot())].map(readFamily)),
  }
}

async function readFamily(daemon: Daemon): Promise<DaemonsReply['families'][number]> {
  const { name, ports } = daemon
  try {
    const seen = await daemon.scan()
    const daemons = seen.candidates.map((candidate) =>
      entryOf(candidate, describeCandidate(daemon, candidate, seen)),
    )
    return { name, ports, daemons, problem: null }
  } catch (error) {
    return { name, ports, daemons: [], problem: error instanceof Error ? error.message : String(error) }
  }
}

function entryOf(
  { facts }: Candidate,
  record: ReturnType<typeof describeCandidate>,
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
    remedy: remedy === null ? null : (remedy.commands[0] ?? remedy.description),
  }
}
