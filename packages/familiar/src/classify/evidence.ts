import type { Sighting, ScopeView, Surroundings } from '../identity/sighting.js'
import { compareVersions, type Self } from '../identity/versions.js'
import { isSingleton, namedScopes, namesLiving, projectGone, scopeOf } from './derive.js'

/** What speaks for a daemon being stale. Shown to people; never decides. */
export type StaleEvidence =
  | 'older_version'
  | 'newer_version'
  | 'other_executable'
  | 'installation_gone'
  | 'superseded'
  | 'unrecorded'
  | 'project_gone'

/** Returns everything that speaks for a daemon of ours being stale, and nothing for what is no daemon of ours. Pure. */
export function staleEvidence(seen: Sighting, around: Surroundings, self: Self): readonly StaleEvidence[] {
  if (seen.shape === null) return []
  const scope = scopeOf(seen, around)
  const version = seen.report?.packageVersion ?? null
  const order = version === null ? 0 : compareVersions(version, self.packageVersion)
  const checks: readonly (readonly [StaleEvidence, boolean])[] = [
    ['older_version', order < 0],
    ['newer_version', order > 0],
    ['other_executable', seen.process?.executable != null && seen.process.executable !== self.executable],
    ['installation_gone', seen.process?.executableGone === true],
    ['superseded', scope !== null && isSuperseded(seen, scope, around)],
    ['unrecorded', scope !== null && isSingleton(seen, scope) === 'no'],
    ['project_gone', projectGone(seen, scope) === 'yes'],
  ]
  return checks.flatMap(([evidence, holds]) => (holds ? [evidence] : []))
}

function isSuperseded(seen: Sighting, scope: ScopeView, around: Surroundings): boolean {
  if (isSingleton(seen, scope) !== 'no') return false
  return scope.records.some(
    (read) =>
      read.state === 'readable' &&
      read.record.pid !== seen.pid &&
      namesLiving(read.record, around.alive) === 'yes',
  )
}

/** Returns the other scope whose live singleton this process is, null when it is none or that is not proven. Pure. */
export function inUseBy(seen: Sighting, around: Surroundings): string | null {
  const used = namedScopes(seen, around).find(
    (scope) => scope !== null && scope !== around.here && isSingleton(seen, scope) === 'yes',
  )
  return used?.real ?? null
}

/**
 * Returns the other scope whose live singleton this process is or may be: force must not guess. What is proven counts
 * first; then a scope that could not be read, by its name. Pure.
 */
export function maybeInUseBy(seen: Sighting, around: Surroundings): string | null {
  const proven = inUseBy(seen, around)
  if (proven !== null) return proven
  if (seen.namedScopes === null) return 'unknown'
  const untold = seen.namedScopes.find((name) => {
    const scope = around.scopes.get(name)
    if (scope === undefined || scope.isLate === true || scope.real === null) return true
    return scope !== around.here && isHidden(seen, scope)
  })
  return untold ?? null
}

/**
 * Returns whether a record that may not be read leaves open that the scope uses this process. (A malformed one was read, and
 * names nothing.)
 */
function isHidden(seen: Sighting, scope: ScopeView): boolean {
  return scope.records.some(({ state }) => state === 'unreadable') && isSingleton(seen, scope) === 'unknown'
}
