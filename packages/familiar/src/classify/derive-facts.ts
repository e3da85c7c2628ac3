import type { PortRange, ProcessView } from '../identity/machine.js'
import type { ScopeSnapshot, Observation, ScanContext } from './observation.js'
import type { Facts } from './facts.js'
import { isHeldElsewhere, namesLiving } from './names-living.js'
import { holdsLock, isSingleton } from './singleton.js'
import { every, same, some, tri, type Tri } from './tri.js'
import { mayBeUnmounted } from './unmounted.js'

/** The parts of a family that the facts depend on. */
export interface FactsBasis {
  readonly ports: PortRange
  readonly startingSeconds: number
}

/**
 * Returns the facts about an observation. `others` are all observations of the same scan. Pure. The version, the executable
 * and the shared owner file are not used, because no decision may depend on them.
 */
export function factsOf(
  { ports, startingSeconds }: FactsBasis,
  seen: Observation,
  context: ScanContext,
  others: readonly Observation[] = [],
): Facts {
  const scope = scopeOf(seen, context)
  return {
    in_range: tri(seen.port === null || (seen.port >= ports.from && seen.port < ports.to)),
    other_family: tri(seen.otherFamily !== null || seen.answer === 'other_family_report'),
    spawn_shape: tri(seen.shape !== null ? true : seen.process?.command ? false : null),
    self_report: tri(seen.report !== null),
    answered_http: tri(seen.answer !== 'silent' && seen.answer !== 'unreachable'),
    singleton_here: isSingleton(seen, context.here),
    singleton_named: singletonNamed(seen, context),
    part_of_singleton: partOfSingleton(seen, context, others),
    holds_reported_lock: holdsReportedLock(seen, context),
    same_user: sameUser(seen, context.user),
    pid_known: tri(seen.pid !== null),
    start_time_known: tri(typeof seen.process?.startTime === 'string'),
    same_namespaces: same(seen.process?.namespaces ?? null, context.namespaces),
    reachable: reachable(seen, context),
    elsewhere: elsewhere(seen, context),
    marker: seen.shape === null ? 'unknown' : tri(seen.shape.marker !== null),
    marker_here: markerHere(seen, context),
    report_agrees: reportAgrees(seen),
    scope_agrees: scopeAgrees(seen, context),
    scope_told: scope === null ? 'unknown' : tri(scope.isLate !== true),
    records_readable: recordsReadable(seen, context),
    in_startup_grace:
      seen.process?.ageSeconds == null ? 'unknown' : tri(seen.process.ageSeconds < startingSeconds),
    predecessor: seen.shape === null ? 'unknown' : tri(seen.shape.implementation === 'predecessor'),
    project_gone: projectGone(seen, scope, context),
    disowned: scope === null ? 'unknown' : isDisowned(seen, scope, context),
  }
}

/** Returns the snapshot of the scope that the command line names; null when it names none, or that scope was not read. */
export function scopeOf(seen: Observation, context: ScanContext): ScopeSnapshot | null {
  const marker = seen.shape?.marker
  return (marker == null ? null : context.scopes.get(marker)) ?? null
}

/** Returns a snapshot of every scope that the process names, with null in place of a scope that was not read. */
export function namedScopes(seen: Observation, context: ScanContext): readonly (ScopeSnapshot | null)[] {
  return (seen.namedScopes ?? []).map((name) => context.scopes.get(name) ?? null)
}

/**
 * Returns whether the process is the singleton of any scope that it names. One `yes` decides. Otherwise the result is
 * `unknown` if a scope was not read, if the list of names is incomplete, or if a scope of its command line may be on a
 * file system that is not mounted. (A scope that only its environment names may never have existed, so it does not
 * count.)
 */
function singletonNamed(seen: Observation, context: ScanContext): Tri {
  const named = namedScopes(seen, context).map((scope) =>
    scope === null ? 'unknown' : isSingleton(seen, scope),
  )
  const scope = scopeOf(seen, context)
  const isAway = scope !== null && mayBeUnmounted(seen, scope, context)
  return some(...named, seen.namedScopes === null || isAway ? 'unknown' : 'no')
}

/** Returns whether the process holds the daemon lock of the scope that it reports; `no` when it reports no scope. */
function holdsReportedLock(seen: Observation, context: ScanContext): Tri {
  if (seen.report?.scope == null) return 'no'
  const scope = context.scopes.get(seen.report.scope)
  return scope === undefined ? 'unknown' : holdsLock(seen, scope)
}

/**
 * Returns whether ending the process would end a live singleton or a part of one: it is the process of a singleton, seen
 * on another port; it shares the port of one; or it was forked from one without exec.
 */
function partOfSingleton(seen: Observation, context: ScanContext, others: readonly Observation[]): Tri {
  // A process may listen on several ports, but a record names only one of them.
  const sharing = others.filter(
    (other) =>
      other !== seen &&
      (other.pid === seen.pid ? seen.pid !== null : other.port !== null && other.port === seen.port),
  )
  const ancestors = seen.forkedFrom.flatMap((ancestor) => seenAs(ancestor, seen, others))
  return some(...[...sharing, ...ancestors].map((other) => isAnySingleton(other, context)))
}

/**
 * Returns what was seen of an ancestor, on each of its own ports. If it does not listen, its port is that of its command line,
 * which is the same as that of the process.
 */
function seenAs(
  ancestor: ProcessView,
  seen: Observation,
  others: readonly Observation[],
): readonly Observation[] {
  const { pid, startTime } = ancestor
  const its = others.filter((other) => other.pid === pid && other.process?.startTime === startTime)
  return its.length > 0
    ? its
    : [{ ...seen, pid, process: ancestor, port: seen.shape?.port ?? null, listeners: [] }]
}

/** What `isAnySingleton` has found in each scan. */
const found = new WeakMap<ScanContext, WeakMap<Observation, Tri>>()

/**
 * Returns whether the process is the singleton of the scanned scope or of one that it names. The result is kept, because a
 * process with many listeners asks about each of them once for every other one.
 */
function isAnySingleton(seen: Observation, context: ScanContext): Tri {
  const known = found.get(context) ?? new WeakMap<Observation, Tri>()
  found.set(context, known)
  const result = known.get(seen) ?? some(isSingleton(seen, context.here), singletonNamed(seen, context))
  known.set(seen, result)
  return result
}

/**
 * Returns whether this process can connect to the candidate: both are in the same network namespace, and the system
 * allowed the connection. If the namespace is unknown, a self-report proves it.
 */
function reachable(seen: Observation, context: ScanContext): Tri {
  if (seen.answer === 'unreachable') return 'no'
  const isOurs = same(seen.process?.networkNamespace ?? null, context.networkNamespace)
  return isOurs === 'unknown' && seen.report !== null ? 'yes' : isOurs
}

/**
 * Returns whether a scope that the process names may have its daemon on another machine or in another pid namespace; `no`
 * for a process that names no scope.
 */
function elsewhere(seen: Observation, context: ScanContext): Tri {
  const named = namedScopes(seen, context).map((scope) =>
    scope === null || scope.isLate === true ? 'unknown' : tri(isHeldElsewhere(scope, context.machine)),
  )
  return some(...named, seen.namedScopes === null ? 'unknown' : 'no')
}

/**
 * Returns whether the command line names the scanned scope, by comparing real paths. If the real path of the named scope is
 * unknown (it was not read in time), the name itself is compared. A scope that was never read (a relative path, or one
 * that only processes of other users name) gives `unknown`.
 */
function markerHere(seen: Observation, context: ScanContext): Tri {
  const marker = seen.shape?.marker ?? null
  const scope = marker === null ? undefined : context.scopes.get(marker)
  if (scope === undefined) return 'unknown'
  return scope.real === null ? tri(marker === context.here.real) : same(scope.real, context.here.real)
}

/**
 * Returns whether the project directory is gone. Our own daemon has the project as its working directory, so the
 * directory counts as gone only if the kernel reports it as deleted. Otherwise it may have been moved, or its file system
 * unmounted.
 */
export function projectGone(
  seen: Observation,
  scope: ScopeSnapshot | null,
  context: Pick<ScanContext, 'inspectedMs'>,
): Tri {
  if (scope === null || mayBeUnmounted(seen, scope, context)) return 'unknown'
  if (scope.gone === false) return 'no'
  const isOwn = seen.shape?.implementation === 'own'
  return isOwn && seen.process?.workingDirectoryGone !== true ? 'unknown' : 'yes'
}

function isDisowned(seen: Observation, scope: ScopeSnapshot, context: ScanContext): Tri {
  if (scope.real === null || !isReadable(scope)) return 'unknown'
  if (isSingleton(seen, scope) !== 'no') return tri(isSingleton(seen, scope) === 'unknown' ? null : false)
  const running = scope.records.flatMap((read) =>
    read.state === 'readable' && read.record.running ? [read.record] : [],
  )
  if (running.length === 0) return isDisownedWithoutRecord(seen, scope, context)
  return some(
    ...running.map((record) => (record.pid === seen.pid ? 'no' : namesLiving(record, context.alive))),
  )
}

/**
 * Returns whether a process is disowned if its scope has no record. A predecessor that never records its daemons may be
 * in use in any other scope that still exists. In the scanned scope it is not in use, because commands of this version
 * use their own daemon there.
 */
function isDisownedWithoutRecord(seen: Observation, scope: ScopeSnapshot, context: ScanContext): Tri {
  const mayBeUsed = seen.shape?.isUnrecorded === true && scope.gone !== true
  return mayBeUsed && markerHere(seen, context) !== 'yes' ? 'unknown' : 'yes'
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

/**
 * Returns whether the self-report and, for our own daemon, the working directory name the same scope as the marker. The
 * working directory is compared by path and also as the kernel shows the directory itself, because another file system
 * may be mounted over it. The environment of a predecessor is not compared, because some releases ignore the variable
 * that names the scope.
 */
function scopeAgrees(seen: Observation, context: ScanContext): Tri {
  const { report, shape, process } = seen
  if (report === null || shape === null || shape.marker === null) return 'unknown'
  if (report.scope === null && report.statesScope) return 'unknown'
  const own = shape.implementation === 'own' ? (process?.workingDirectory ?? null) : null
  const real = (name: string): string | null => context.scopes.get(name)?.real ?? null
  const agrees = [report.scope, own].map((name) => {
    if (name === null || name === shape.marker) return 'yes'
    return same(real(name), real(shape.marker ?? ''))
  })
  return every(...agrees, holdsSameDirectory(seen, context))
}

function holdsSameDirectory({ heldDirectory, shape }: Observation, { scopes }: ScanContext): Tri {
  if (heldDirectory === null) return 'yes'
  const identity = (name: string): string | null => scopes.get(name)?.directory ?? null
  return same(identity(heldDirectory), identity(shape?.marker ?? ''))
}

/**
 * Returns whether every record of every scope that the process names is absent or readable. A scope that was not read in
 * time gives `unknown`, not `no`, because the reason that is reported must not depend on how busy the machine is.
 */
function recordsReadable(seen: Observation, context: ScanContext): Tri {
  if (seen.namedScopes === null) return 'unknown'
  const named = namedScopes(seen, context)
  if (named.length === 0) return 'unknown'
  return every(
    ...named.map((scope) => (scope === null || scope.isLate === true ? 'unknown' : tri(isReadable(scope)))),
  )
}

function isReadable(scope: ScopeSnapshot): boolean {
  return scope.records.every((read) => read.state === 'absent' || read.state === 'readable')
}
