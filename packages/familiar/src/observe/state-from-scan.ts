import { scopeOf } from '../classify/derive-facts.js'
import { holdsLock, isSingleton, isSingletonByRecord } from '../classify/singleton.js'
import type { Observation } from '../classify/observation.js'
import type { Candidate, Scan } from './scan.js'
import { recordOf, runsElsewhere, scopeDaemon } from './scope-daemon.js'
import {
  foreignOr,
  heldText,
  isScopeGone,
  movedText,
  ownRecordIn,
  stateWithout,
  type DaemonState,
  type DaemonStatus,
} from '../classify/daemon-state.js'

/** Returns the state of the daemon of the scanned scope. Pure. */
export function stateFrom(seen: Scan): DaemonStatus {
  const daemon = countedDaemon(seen)
  if (daemon !== null) return foreignOr(seen.context, ofDaemon(seen, daemon))
  const moved = movedHere(seen)
  if (moved !== null) return foreignOr(seen.context, ofMoved(moved))
  const held = heldForAnother(seen) ?? ofCopy(seen)
  return held === null ? stateWithout(seen.context) : foreignOr(seen.context, held)
}

/**
 * Returns the state if the record of this scope was copied together with its directory, and the daemon that it names lives
 * and works in the original. That one is not the daemon of this scope.
 */
function ofCopy({ candidates, context: { here } }: Scan): DaemonStatus | null {
  const record = ownRecordIn(here)
  if (record === null || here.lockHolder !== null) return null
  const original = candidates.find(
    ({ observation }) =>
      observation.heldDirectory !== null && isSingletonByRecord(record, observation, here) === 'yes',
  )
  if (original === undefined) return null
  const why = 'its record is a copy: the daemon that it names works in another directory'
  const none = {
    since: null,
    implementation: 'own',
    pid: null,
    port: null,
    report: null,
    record: null,
  } as const
  return { state: 'none', why, ...none }
}

/**
 * Returns the state if a daemon of ours that was started for another path holds the lock of this scope. This happens if
 * two paths lead to one directory and the first is gone (unmounted), or if the files are hard links, are behind a link,
 * or were exchanged. The daemon is visible here and may answer, but it is not the daemon of this scope.
 */
function heldForAnother({ candidates, context }: Scan): DaemonStatus | null {
  for (const { observation, facts } of candidates) {
    const { shape, report, pid, port, process } = observation
    const isHolder = shape?.implementation === 'own' && holdsLock(observation, context.here) === 'yes'
    if (!isHolder || shape.marker === null || facts.marker_here !== 'no') continue
    const scope = scopeOf(observation, context)
    const isStoppedThere = scope !== null && isSingleton(observation, scope) === 'yes'
    const heldFor = { path: shape.marker, isStoppedThere }
    const since = process?.startedAt ?? null
    const why = heldText(heldFor)
    return { state: 'elsewhere', why, since, implementation: 'own', pid, port, report, record: null, heldFor }
  }
  return null
}

/**
 * Returns the daemon that was started for another path and whose directory was moved here: it holds the lock of this
 * scope, and reports that its own scope is gone. It is not the daemon of this scope, and exits by itself.
 */
function movedHere({ candidates, context: { here } }: Scan): Observation | null {
  const found = candidates.find(
    ({ observation }) => holdsLock(observation, here) === 'yes' && isScopeGone(observation.report),
  )
  return found?.observation ?? null
}

function ofMoved({ report, pid, port, process }: Observation): DaemonStatus {
  const why = movedText(report?.scope ?? null)
  const since = process?.startedAt ?? null
  return { state: 'elsewhere', why, since, implementation: 'own', pid, port, report, record: null }
}

/**
 * Returns the daemon of the scanned scope. If the scope has a record of ours, a predecessor's daemon is ignored, because
 * only commands of the predecessor use it.
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
  if (report === null) return as('wedged', 'it lives and does not answer')
  return as('running', record === null && namesAnother(seen, pid) ? MISRECORDED : 'it answers')
}

const MISRECORDED =
  'it answers; its record was replaced by that of another daemon, and it writes its own again within a minute'

function namesAnother({ context: { here } }: Scan, pid: number | null): boolean {
  return here.records.some(
    (read) => read.state === 'readable' && read.record.implementation === 'own' && read.record.pid !== pid,
  )
}
