import type { Observation, ScopeSnapshot, ScanContext } from './observation.js'
import { compareVersions, type Self } from '../identity/versions.js'
import { isSingleton, namedScopes, projectGone, scopeOf } from './derive-facts.js'
import { namesLiving } from './record-facts.js'

/** A sign that a daemon is stale. Signs are shown to people and never used for a decision. */
export type StaleEvidence =
  | 'older_version'
  | 'newer_version'
  | 'other_executable'
  | 'installation_gone'
  | 'superseded'
  | 'unrecorded'
  | 'project_gone'

/** Returns all signs that a daemon is stale. Returns none for a process without a spawn shape of the family. Pure. */
export function staleEvidence(seen: Observation, context: ScanContext, self: Self): readonly StaleEvidence[] {
  if (seen.shape === null) return []
  const scope = scopeOf(seen, context)
  const version = seen.report?.packageVersion ?? null
  const order = version === null ? 0 : compareVersions(version, self.packageVersion)
  const checks: readonly (readonly [StaleEvidence, boolean])[] = [
    ['older_version', order < 0],
    ['newer_version', order > 0],
    ['other_executable', seen.process?.executable != null && seen.process.executable !== self.executable],
    ['installation_gone', seen.process?.executableGone === true],
    ['superseded', scope !== null && isSuperseded(seen, scope, context)],
    ['unrecorded', scope !== null && isSingleton(seen, scope) === 'no'],
    ['project_gone', projectGone(seen, scope, context) === 'yes'],
  ]
  return checks.flatMap(([evidence, holds]) => (holds ? [evidence] : []))
}

function isSuperseded(seen: Observation, scope: ScopeSnapshot, context: ScanContext): boolean {
  if (isSingleton(seen, scope) !== 'no') return false
  return scope.records.some(
    (read) =>
      read.state === 'readable' &&
      read.record.pid !== seen.pid &&
      namesLiving(read.record, context.alive) === 'yes',
  )
}

/** Returns the path of another scope whose daemon is proven to be this process; null if there is none. Pure. */
export function inUseBy(seen: Observation, context: ScanContext): string | null {
  const used = namedScopes(seen, context).find(
    (scope) => scope !== null && scope !== context.here && isSingleton(seen, scope) === 'yes',
  )
  return used?.real ?? null
}

/**
 * Returns another scope whose daemon this process is or may be; null if no sign of one was found. A proven scope
 * comes first, then the text `unknown` if not all scopes that the process names are known, then a scope that could not be
 * read. Pure.
 */
export function maybeInUseBy(seen: Observation, context: ScanContext): string | null {
  const proven = inUseBy(seen, context)
  if (proven !== null) return proven
  if (seen.namedScopes === null) return 'unknown'
  const untold = seen.namedScopes.find((name) => {
    const scope = context.scopes.get(name)
    if (scope === undefined || scope.isLate === true || scope.real === null) return true
    return scope !== context.here && isHidden(seen, scope)
  })
  return untold ?? null
}

/**
 * Returns whether this process may be the daemon of the scope because a record of the scope could not be read. (A
 * malformed record was read, and names no process.)
 */
function isHidden(seen: Observation, scope: ScopeSnapshot): boolean {
  return scope.records.some(({ state }) => state === 'unreadable') && isSingleton(seen, scope) === 'unknown'
}
