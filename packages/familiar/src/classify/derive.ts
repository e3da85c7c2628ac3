import { isHeldElsewhere } from './elsewhere.js'
import { commandText, type PortRange } from '../identity/machine.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { ScopeSnapshot, Observation, ScanContext } from './observation.js'
import type { Facts } from './facts.js'
import { every, same, some, tri, type Tri } from './tri.js'

/** The parts of a family that the facts depend on. */
export interface FactsBasis {
  readonly ports: PortRange
  readonly startingSeconds: number
}

/**
 * Returns the facts of a sighting. Pure. Evidence (version, executable, shared owner file) is left out on purpose.
 * `others` are all sightings of the same scan.
 */
export function factsOf(
  { ports, startingSeconds }: FactsBasis,
  seen: Observation,
  around: ScanContext,
  others: readonly Observation[] = [],
): Facts {
  const scope = scopeOf(seen, around)
  return {
    in_range: tri(seen.port === null || (seen.port >= ports.from && seen.port < ports.to)),
    other_family: tri(seen.otherFamily !== null || seen.answer === 'other_family_report'),
    spawn_shape: tri(seen.shape !== null ? true : seen.process?.command ? false : null),
    self_report: tri(seen.report !== null),
    answered_http: tri(seen.answer !== 'silent' && seen.answer !== 'unreachable'),
    singleton_here: isSingleton(seen, around.here),
    singleton_named: singletonNamed(seen, around),
    part_of_singleton: partOfSingleton(seen, around, others),
    holds_reported_lock: holdsReportedLock(seen, around),
    same_user: sameUser(seen, around.user),
    pid_known: tri(seen.pid !== null),
    start_time_known: tri(typeof seen.process?.startTime === 'string'),
    same_namespaces: same(seen.process?.namespaces ?? null, around.namespaces),
    reachable: reachable(seen, around),
    elsewhere: elsewhere(seen, around),
    marker: seen.shape === null ? 'unknown' : tri(seen.shape.marker !== null),
    marker_here: markerHere(seen, around),
    report_agrees: reportAgrees(seen),
    scope_agrees: scopeAgrees(seen, around),
    scope_told: scope === null ? 'unknown' : tri(scope.isLate !== true),
    records_readable: recordsReadable(seen, around),
    in_startup_grace:
      seen.process?.ageSeconds == null ? 'unknown' : tri(seen.process.ageSeconds < startingSeconds),
    predecessor: seen.shape === null ? 'unknown' : tri(seen.shape.lineage === 'predecessor'),
    project_gone: projectGone(seen, scope),
    disowned: scope === null ? 'unknown' : isDisowned(seen, scope, around),
  }
}

/** Returns the view of the scope that the command line names; null when it names none, or that scope was not read. */
export function scopeOf(seen: Observation, around: ScanContext): ScopeSnapshot | null {
  const marker = seen.shape?.marker
  return (marker == null ? null : around.scopes.get(marker)) ?? null
}

/** Returns the view of every scope that the sighting names, with null in place of a scope that was not read. */
export function namedScopes(seen: Observation, around: ScanContext): readonly (ScopeSnapshot | null)[] {
  return (seen.namedScopes ?? []).map((name) => around.scopes.get(name) ?? null)
}

/** One `yes` decides. Otherwise a scope that was not read in time, or an incomplete list of names, gives `unknown`. */
function singletonNamed(seen: Observation, around: ScanContext): Tri {
  const named = namedScopes(seen, around).map((scope) =>
    scope === null ? 'unknown' : isSingleton(seen, scope),
  )
  return some(...named, seen.namedScopes === null ? 'unknown' : 'no')
}

/** Returns whether this process holds the scope's daemon lock, owns its record's token, or is named by a record of it. */
export function isSingleton(seen: Observation, scope: ScopeSnapshot): Tri {
  const ownsToken = scope.records.some(
    (read) => read.state === 'readable' && read.record.lineage === 'own' && read.record.port === seen.port,
  )
  return some(
    tri(seen.ownsToken && ownsToken),
    holdsLock(seen, scope),
    ...scope.records.map((read) => {
      if (read.state === 'absent') return 'no'
      return read.state === 'readable' ? isSingletonByRecord(read.record, seen, scope) : 'unknown'
    }),
  )
}

/** Returns whether this process holds the daemon lock of the scope. */
export function holdsLock(seen: Observation, { lockHolder }: ScopeSnapshot): Tri {
  if (lockHolder === null) return 'no'
  if (lockHolder === 'unknown') return 'unknown'
  const isNamed = every(
    same(lockHolder.pid, seen.pid),
    same(lockHolder.startTime, seen.process?.startTime ?? null),
  )
  return isNamed === 'no' && lockHolder.isTold === true ? 'unknown' : isNamed
}

/** A process that reports no scope holds no reported scope's lock: `no`, not `unknown`. */
function holdsReportedLock(seen: Observation, around: ScanContext): Tri {
  if (seen.report?.scope == null) return 'no'
  const scope = around.scopes.get(seen.report.scope)
  return scope === undefined ? 'unknown' : holdsLock(seen, scope)
}

/**
 * Returns whether a record of the scope names this process as its running daemon, and so protects it. A predecessor's
 * record is matched by pid, or by port and token: either match is enough, because either value may be wrong.
 */
export function isSingletonByRecord(record: DaemonRecord, seen: Observation, scope: ScopeSnapshot): Tri {
  if (!record.running) return 'no'
  if (record.lineage === 'predecessor') {
    if (seen.shape?.lineage === 'own') return 'no'
    const byPid = record.pid === null ? 'no' : same(record.pid, seen.pid)
    return some(byPid, provesPredecessor(record, seen))
  }
  const isOfScope = same(record.scope, scope.real)
  if (seen.port !== null && record.port !== seen.port) return 'no'
  return every(isOfScope, same(record.pid, seen.pid), same(record.startTime, seen.process?.startTime ?? null))
}

/** Returns whether a predecessor's record proves this process: the command line has its token, the listener its port. */
export function provesPredecessor(record: DaemonRecord, seen: Observation): Tri {
  if (record.lineage !== 'predecessor' || seen.port === null) return 'no'
  return every(tri(record.port === seen.port), same(record.token, seen.shape?.token ?? null))
}

/**
 * Returns whether the process shares its port with another process that is a live singleton, or was forked from a live
 * singleton without exec: ending it would end a part of that daemon.
 */
function partOfSingleton(seen: Observation, around: ScanContext, others: readonly Observation[]): Tri {
  const sharing = others.filter(
    (other) => other !== seen && other.port !== null && other.port === seen.port && other.pid !== seen.pid,
  )
  const forkedFrom = seen.forkedFrom.map((process) => ({ ...seen, pid: process.pid, process }))
  return some(
    ...[...sharing, ...forkedFrom].map((other) =>
      some(isSingleton(other, around.here), singletonNamed(other, around)),
    ),
  )
}

/** Same network namespace, and the system allowed the connection. A self-report proves it where the namespace is unknown. */
function reachable(seen: Observation, around: ScanContext): Tri {
  if (seen.answer === 'unreachable') return 'no'
  const isOurs = same(seen.process?.networkNamespace ?? null, around.networkNamespace)
  return isOurs === 'unknown' && seen.report !== null ? 'yes' : isOurs
}

/** `no` for a process that names no scope: then no record can name a daemon of another machine. */
function elsewhere(seen: Observation, around: ScanContext): Tri {
  const named = namedScopes(seen, around).map((scope) =>
    scope === null || scope.isLate === true ? 'unknown' : tri(isHeldElsewhere(scope, around.machine)),
  )
  return some(...named, seen.namedScopes === null ? 'unknown' : 'no')
}

/**
 * If the named scope's real path is unknown (not read in time), its name is compared with the scanned scope's real path.
 * A scope that was never read (a relative path, or one that only another user's process names) gives `unknown`.
 */
function markerHere(seen: Observation, around: ScanContext): Tri {
  const marker = seen.shape?.marker ?? null
  const scope = marker === null ? undefined : around.scopes.get(marker)
  if (scope === undefined) return 'unknown'
  return scope.real === null ? tri(marker === around.here.real) : same(scope.real, around.here.real)
}

/**
 * Returns whether the project directory is gone. It is the working directory of our own daemon, so it is gone only if that
 * was removed too (otherwise it was moved, or its file system unmounted). `unknown` if the directory, or its parent where
 * it is gone, was already empty when the daemon started: then it is a mount point whose file system is away.
 */
export function projectGone({ shape, process }: Observation, scope: ScopeSnapshot | null): Tri {
  if (scope === null || scope.gone === null) return 'unknown'
  const age = process?.ageSeconds ?? null
  const isUnmounted = scope.emptyForSeconds !== null && (age === null || scope.emptyForSeconds > age)
  if (isUnmounted) return 'unknown'
  if (!scope.gone) return 'no'
  return shape?.lineage === 'own' && process?.workingDirectoryGone !== true ? 'unknown' : 'yes'
}

function isDisowned(seen: Observation, scope: ScopeSnapshot, around: ScanContext): Tri {
  if (scope.real === null || !isReadable(scope)) return 'unknown'
  if (isSingleton(seen, scope) !== 'no') return tri(isSingleton(seen, scope) === 'unknown' ? null : false)
  const running = scope.records.flatMap((read) =>
    read.state === 'readable' && read.record.running ? [read.record] : [],
  )
  if (running.length === 0) return 'yes'
  return some(
    ...running.map((record) => (record.pid === seen.pid ? 'no' : namesLiving(record, around.alive))),
  )
}

/**
 * Returns whether the process that a record names is alive; `unknown` for a record without pid. A predecessor's record has
 * no start time: there, the token in the command line distinguishes its daemon from a later process with the same pid.
 */
export function namesLiving(record: DaemonRecord, alive: ScanContext['alive']): Tri {
  if (!record.running) return 'no'
  if (record.pid === null) return 'unknown'
  const found = alive.get(record.pid)
  if (found === undefined) return 'no'
  if (record.startTime !== null) return same(record.startTime, found.startTime)
  if (found.command === null || record.token === null) return 'unknown'
  return tri(commandText(found.command).includes(record.token))
}

function sameUser(seen: Observation, user: string): Tri {
  const owners = seen.listeners.map((listener) => same(listener.user, user))
  return every(...owners, same(seen.process?.user ?? null, user))
}

function reportAgrees(seen: Observation): Tri {
  const { report, shape } = seen
  if (report === null || shape === null) return 'unknown'
  if (report.verifiedBy === 'command_line')
    return every(same(shape.port, seen.port), same(shape.token, report.token))
  const started = shape.port === null ? 'yes' : tri(shape.port === seen.port)
  return every(started, same(report.pid, seen.pid), same(report.port, seen.port))
}

/** A predecessor's environment is not compared with its marker: some releases ignore the variable. */
function scopeAgrees(seen: Observation, around: ScanContext): Tri {
  const { report, shape, process } = seen
  if (report === null || shape === null || shape.marker === null) return 'unknown'
  if (report.scope === null && report.statesScope) return 'unknown'
  const own = shape.lineage === 'own' ? (process?.workingDirectory ?? null) : null
  const real = (name: string): string | null => around.scopes.get(name)?.real ?? null
  const agrees = [report.scope, own].map((name) => {
    if (name === null || name === shape.marker) return 'yes'
    return same(real(name), real(shape.marker ?? ''))
  })
  return every(...agrees)
}

/** A scope not read in time gives `unknown`, not `no`: the reported reason must not depend on the machine's load. */
function recordsReadable(seen: Observation, around: ScanContext): Tri {
  if (seen.namedScopes === null) return 'unknown'
  const named = namedScopes(seen, around)
  if (named.length === 0) return 'unknown'
  return every(
    ...named.map((scope) => (scope === null || scope.isLate === true ? 'unknown' : tri(isReadable(scope)))),
  )
}

function isReadable(scope: ScopeSnapshot): boolean {
  return scope.records.every((read) => read.state === 'absent' || read.state === 'readable')
}
