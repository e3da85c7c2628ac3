import type { Candidate, Scan } from './scan.js'
import { recordOf, runsElsewhere, scopeDaemon } from './scope-daemon.js'
import {
  foreignOr,
  ownRecordIn,
  stateWithout,
  type DaemonState,
  type DaemonStatus,
} from '../classify/daemon-state.js'

/** Returns the state of the daemon of the scanned scope. Pure. */
export function stateFrom(seen: Scan): DaemonStatus {
  const daemon = countedDaemon(seen)
  if (daemon === null) return stateWithout(seen.context)
  return foreignOr(seen.context, ofDaemon(seen, daemon))
}

/**
 * Returns the daemon of the scanned scope. If the scope has a record of ours, a predecessor's daemon is ignored: then only
 * commands of the predecessor use it.
 */
function countedDaemon(seen: Scan): Candidate | null {
  const found = scopeDaemon(seen)
  const hasOwn = seen.context.here.records.some(
    (read) => read.state === 'readable' && read.record.implementation === 'own',
  )
  return found?.observation.shape?.implementation === 'predecessor' && hasOwn ? null : found
}

function ofDaemon(seen: Scan, daemon: Candidate): DaemonStatus {
  const { observation, facts } = daemon
  const { report, pid, port, process } = observation
  const record = recordOf(daemon, seen)
  const own = ownRecordIn(seen.context.here)
  const implementation = observation.shape?.implementation ?? own?.implementation ?? 'predecessor'
  const isMarkedStopped = own?.running === false && own.pid === pid
  const isInStartupGrace = (process?.ageSeconds ?? 0) < seen.family.startingSeconds
  const since = record?.startedAt ?? process?.startedAt ?? null
  const as = (state: DaemonState, why: string): DaemonStatus => ({
    state,
    why,
    since,
    implementation,
    pid,
    port: port ?? record?.port ?? null,
    report,
    record: record ?? own,
  })
  if (runsElsewhere(daemon, seen)) {
    return as('elsewhere', 'its record names another machine or pid namespace, and the daemon lock is held')
  }
  if (facts.reachable === 'no')
    return as('unreachable', 'it runs where a connection from here does not reach it')
  if (isMarkedStopped && implementation === 'own')
    return as('stopping', own.stopReason ?? 'it was told to stop')
  if (record === null && isInStartupGrace)
    return as('starting', 'it holds the daemon lock, and its record is still to come')
  return report === null ? as('wedged', 'it lives and does not answer') : as('running', 'it answers')
}
