import type { Observation, ScopeSnapshot, ScanContext } from './observation.js'
import { compareVersions, type Self } from '../identity/versions.js'
import { namedScopes, projectGone, scopeOf } from './derive-facts.js'
import { isSingleton } from './singleton.js'
import { namesLiving } from './names-living.js'
import { unmountedScope } from './unmounted.js'

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

/**
 * Returns the other scope whose daemon this process is proven to be, wherever that scope is now; null if there is none.
 * Pure.
 */
export function usedScope(seen: Observation, context: ScanContext): ScopeSnapshot | null {
  const used = namedScopes(seen, context).find(
    (scope) => scope !== null && scope !== context.here && isSingleton(seen, scope) === 'yes',
  )
  return used ?? null
}

/**
 * Returns the path of the other scope whose daemon this process is proven to be. Null if there is none, or if the
 * directory that the process uses is no longer at that path (`isAway`). So null does not mean that the process may be
 * ended; use `maybeInUseBy` for that. Pure.
 */
export function inUseBy(seen: Observation, context: ScanContext): string | null {
  const used = usedScope(seen, context)
  if (used === null || used.real === null || used.real === seen.heldDirectory) return null
  const held = heldScope(seen, context)
  // If the directory itself is not known, compare only the paths of scopes.
  if (held === null) return used === context.scopes.get(seen.heldDirectory ?? '') ? null : used.real
  return directoryAt(used.real, context) === held.directory ? used.real : null
}

/**
 * Returns whether no path leads to the directory that our own daemon uses: neither the path on its command line nor the
 * one that the kernel reports. This happens if a file system was unmounted lazily, or another one was mounted over it.
 * False if that is unknown, or if the process has another view of the file system. Pure.
 */
export function isAway(seen: Observation, context: ScanContext): boolean {
  const held = heldScope(seen, context)
  if (held === null || seen.process?.namespaces !== context.namespaces) return false
  const paths = [seen.shape?.marker, seen.process.workingDirectory].flatMap((path) => path ?? [])
  const isRead = paths.every((path) => context.scopes.get(path)?.isLate !== true)
  return isRead && paths.every((path) => directoryAt(path, context) !== held.directory)
}

/** Returns the directory that our own daemon uses, as the kernel shows it; null if it is the scanned scope, or is unknown. */
function heldScope({ heldDirectory }: Observation, { scopes }: ScanContext): ScopeSnapshot | null {
  const held = heldDirectory === null ? undefined : scopes.get(heldDirectory)
  return held === undefined || held.directory === null ? null : held
}

function directoryAt(path: string, { here, scopes }: ScanContext): string | null {
  return (scopes.get(path) ?? (path === here.real ? here : null))?.directory ?? null
}

/**
 * Returns the other scope whose daemon this process is or may be; null if none can be. Every command that may end the
 * process asks this: the clean-up, stop, restart and start. A proven scope takes precedence; next is the text `unknown`, if
 * not all scopes that the process names are known; then a scope that could not be read; last is one that may only be
 * unmounted. Pure.
 */
export function maybeInUseBy(seen: Observation, context: ScanContext): string | null {
  const away = unmountedScope(seen, context)
  return knownInUseBy(seen, context) ?? (away === null ? null : (away.real ?? 'unknown'))
}

/** Returns what `maybeInUseBy` does, without the scopes that may only be unmounted. Pure. */
export function knownInUseBy(seen: Observation, context: ScanContext): string | null {
  const proven = usedScope(seen, context)
  if (proven !== null) return proven.real ?? 'unknown'
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
