import type { Candidate, Daemon } from 'familiar'
import { describeCandidate } from 'familiar/cli'
import { processRoot } from '../cli/runtime-root.js'
import { dashboardDaemon, syncDaemon } from '../daemons/define-daemons.js'
import type { DaemonsReply } from './api.js'
import { cleanUpOf, summaryOf } from './daemon-summary.js'
import { sentenceOf } from './reason-sentences.js'
import { urlOf } from './urls.js'

/** Scans the port ranges of both families and returns every listener there. Changes nothing. */
export async function readDaemons(project: string): Promise<DaemonsReply> {
  const families = await Promise.all(
    [dashboardDaemon.at(project), syncDaemon.at(processRoot())].map(readFamily),
  )
  return { generated_at: new Date().toISOString(), families, summary: summaryOf(families) }
}

async function readFamily(daemon: Daemon): Promise<DaemonsReply['families'][number]> {
  const { name, ports } = daemon
  try {
    const seen = await daemon.scan()
    const daemons = seen.candidates.map((candidate) =>
      entryOf(candidate, describeCandidate(daemon, candidate, seen)),
    )
    return { name, ports, daemons, problem: null, clean_up: cleanUpOf(name, daemons) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { name, ports, daemons: [], problem, clean_up: cleanUpOf(name, []) }
  }
}

function entryOf(
  { facts, proof }: Candidate,
  record: ReturnType<typeof describeCandidate>,
): DaemonsReply['families'][number]['daemons'][number] {
  const { scanned_family, daemon_family, pid, port, package_version, daemon_root, singleton_scope_id } =
    record
  const { cleanup_class, skip_reason, rule, uptime_seconds, memory_bytes, remedy } = record
  const family = daemon_family ?? scanned_family
  const isSelf = pid === process.pid
  const isInUse = skip_reason === 'is_recorded_singleton'
  // The command line of a dashboard in the foreground proves nothing, but this process can recognise itself by its pid.
  const isProven = isInUse && (proof !== null || isSelf)
  return {
    family,
    pid,
    port,
    package_version,
    scope: daemon_root ?? singleton_scope_id,
    is_live: isInUse && (isSelf || facts.marker_here !== 'no'),
    is_self: isSelf,
    url: isProven && port !== null && family === dashboardDaemon.name ? urlOf(port) : null,
    explanation: sentenceOf(skip_reason),
    cleanup_class,
    skip_reason,
    rule,
    uptime_seconds,
    memory_bytes,
    remedy: remedy === null ? null : (remedy.commands[0] ?? remedy.description),
  }
}
