import { commandText, type PortRange } from '../identity/machine.js'
import type { DaemonRecord } from '../identity/record.js'
import type { ScopeView, Sighting, Surroundings } from '../identity/sighting.js'
import type { Facts } from './facts.js'
import { every, same, some, tri, type Tri } from './tri.js'

/** What of a family the facts depend on. */
export interface FactsBasis {
  readonly ports: PortRange
  readonly startingSeconds: number
}

/** Returns the facts of a sighting. Pure; evidence (version, executable, shared owner file) is not among them. */
export function factsOf({ ports, startingSeconds }: FactsBasis, seen: Sighting, around: Surroundings): Facts {
  const scope = scopeOf(seen, around)
  return {
    in_range: tri(seen.port === null || (seen.port >= ports.from && seen.port < ports.to)),
    other_family: tri(seen.otherFamily !== null || seen.answer === 'other_family_report'),
    spawn_shape: tri(seen.shape !== null ? true : seen.process?.command ? false : null),
    self_report: tri(seen.report !== null),
    answered_http: tri(seen.answer !== 'silent'),
    singleton_here: isSingleton(seen, around.here),
    singleton_of_marker: singletonOfMarker(seen, scope),
    same_user: sameUser(seen, around.user),
    pid_known: tri(seen.pid !== null),
    birth_known: tri(typeof seen.process?.birth === 'string'),
    same_namespaces: same(seen.process?.namespaces ?? null, around.namespaces),
    marker: seen.shape === null ? 'unknown' : tri(seen.shape.marker !== null),
    marker_here: same(scope?.real ?? null, around.here.real),
    report_agrees: reportAgrees(seen),
    scope_agrees: scopeAgrees(seen, around),
    records_readable: tri(scope === null ? null : isReadable(scope)),
    young: seen.process?.ageSeconds == null ? 'unknown' : tri(seen.process.ageSeconds < startingSeconds),
    predecessor: seen.shape === null ? 'unknown' : tri(seen.shape.lineage === 'predecessor'),
    project_gone: projectGone(seen, scope),
    disowned: scope === null ? 'unknown' : isDisowned(seen, scope, around),
  }
}

/** Returns the scope that the command line names, as it was seen; null when it names none or was not looked at. */
export function scopeOf(seen: Sighting, around: Surroundings): ScopeView | null {
  const marker = seen.shape?.marker
  return (marker == null ? null : around.scopes.get(marker)) ?? null
}

/** Without a marker it can be nobody's; a marker whose scope was not seen leaves it open. */
function singletonOfMarker(seen: Sighting, scope: ScopeView | null): Tri {
  if (scope !== null) return isSingleton(seen, scope)
  return seen.shape !== null && seen.shape.marker === null ? 'no' : 'unknown'
}

/** Returns whether this process holds the daemon lock of the scope, or a record of it names it. */
export function isSingleton(seen: Sighting, scope: ScopeView): Tri {
  return some(
    holdsLock(seen, scope),
    ...scope.records.map((read) => {
      if (read.state === 'absent') return 'no'
      return read.state === 'readable' ? isSingletonByRecord(read.record, seen, scope) : 'unknown'
    }),
  )
}

/** Returns whether this process holds the daemon lock of the scope. */
export function holdsLock(seen: Sighting, { lockHolder }: ScopeView): Tri {
  if (lockHolder === null) return 'no'
  if (lockHolder === 'unknown') return 'unknown'
  return every(same(lockHolder.pid, seen.pid), same(lockHolder.birth, seen.process?.birth ?? null))
}

/** Returns whether the record is one of the scope and names this process. */
export function isSingletonByRecord(record: DaemonRecord, seen: Sighting, scope: ScopeView): Tri {
  const isOfScope = record.scope === null ? 'yes' : same(record.scope, scope.real)
  if (!record.running || (seen.port !== null && record.port !== seen.port)) return 'no'
  if (record.pid === null) return every(isOfScope, same(record.token, seen.shape?.token ?? null))
  const born = record.birth === null ? 'yes' : same(record.birth, seen.process?.birth ?? null)
  return every(isOfScope, same(record.pid, seen.pid), born)
}

/**
 * Returns whether the project is gone. A daemon of ours stands in it: it is gone only with that working directory (else
 * it was moved, or its file system unmounted). A directory that was empty before the daemon began, the project's own or
 * the one above it, is where something was mounted.
 */
export function projectGone({ shape, process }: Sighting, scope: ScopeView | null): Tri {
  if (scope === null || scope.gone === null) return 'unknown'
  const age = process?.ageSeconds ?? null
  const isUnmounted = scope.emptyForSeconds !== null && (age === null || scope.emptyForSeconds > age)
  if (isUnmounted) return 'unknown'
  if (!scope.gone) return 'no'
  return shape?.lineage === 'own' && process?.workingDirectoryGone !== true ? 'unknown' : 'yes'
}

function isDisowned(seen: Sighting, scope: ScopeView, around: Surroundings): Tri {
  if (scope.real === null || !isReadable(scope)) return 'unknown'
  if (isSingleton(seen, scope) !== 'no') return tri(isSingleton(seen, scope) === 'unknown' ? null : false)
  const records = scope.records.flatMap((read) => (read.state === 'readable' ? [read.record] : []))
  if (records.length === 0) return 'yes'
  return some(
    ...records.map((record) => (record.pid === seen.pid ? 'no' : namesLiving(record, around.alive))),
  )
}

/**
 * Returns whether the process that a record names lives; a record without pid cannot tell. A predecessor's record gives
 * no birth: there the token in the command line tells its daemon from a later process with the same pid.
 */
export function namesLiving(record: DaemonRecord, alive: Surroundings['alive']): Tri {
  if (!record.running) return 'no'
  if (record.pid === null) return 'unknown'
  const found = alive.get(record.pid)
  if (found === undefined) return 'no'
  if (record.birth !== null) return same(record.birth, found.birth)
  return found.command === null ? 'unknown' : tri(commandText(found.command).includes(record.token))
}

function sameUser(seen: Sighting, user: string): Tri {
  const owners = seen.listeners.map((listener) => same(listener.user, user))
  return every(...owners, same(seen.process?.user ?? null, user))
}

function reportAgrees(seen: Sighting): Tri {
  const { report, shape } = seen
  if (report === null || shape === null) return 'unknown'
  if (report.tie === 'command_line')
    return every(same(shape.port, seen.port), same(shape.token, report.token))
  const started = shape.port === null ? 'yes' : tri(shape.port === seen.port)
  return every(started, same(report.pid, seen.pid), same(report.port, seen.port))
}

function scopeAgrees(seen: Sighting, around: Surroundings): Tri {
  const { report, shape } = seen
  if (report === null || shape === null || shape.marker === null) return 'unknown'
  if (report.scope === null) return report.statesScope ? 'unknown' : 'yes'
  if (report.scope === shape.marker) return 'yes'
  return same(around.scopes.get(report.scope)?.real ?? null, around.scopes.get(shape.marker)?.real ?? null)
}

function isReadable(scope: ScopeView): boolean {
  return scope.records.every((read) => read.state === 'absent' || read.state === 'readable')
}
