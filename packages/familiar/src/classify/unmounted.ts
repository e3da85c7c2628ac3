import type { Observation, ScanContext, ScopeSnapshot } from './observation.js'

/** The part of a scan that is used here: the time up to which the ages of the processes are counted. */
type Inspected = Pick<ScanContext, 'inspectedMs'>

/** Returns whether the scope may be on a file system that is not mounted now, in which case a missing file proves nothing. */
export function mayBeUnmounted(seen: Observation, scope: ScopeSnapshot, at: Inspected): boolean {
  return scope.gone === null || isUnmounted(seen, scope, at)
}

/**
 * Returns whether the scope is probably on a file system that is not mounted now: it contains nothing that the process
 * can have used, and nothing shows that something was removed. There are three such cases. Nothing is at its path, and the
 * directory that is left above it has been unchanged since before the process started. The scope has been empty since
 * then. Or it holds only files of our own daemon that were made later, because a command may have written into an empty
 * mount point.
 */
export function isUnmounted(
  { process }: Observation,
  scope: ScopeSnapshot,
  { inspectedMs }: Inspected,
): boolean {
  const { above, unchangedSinceMs, ownSinceMs } = scope
  const age = process?.ageSeconds ?? null
  const startedMs = age === null ? null : inspectedMs - age * 1_000
  if (scope.isLate === true) return false
  if (scope.gone !== false) return above === null || startedMs === null || above.changedMs < startedMs
  if (unchangedSinceMs !== null) return startedMs === null || unchangedSinceMs < startedMs
  if (ownSinceMs === null || hasPredecessorRecord(scope)) return false
  return startedMs === null || ownSinceMs > startedMs + TIME_ERROR_MS
}

/**
 * Returns the first scope other than the scanned one that the process names and that may only be unmounted, so that nothing
 * shows whether the process is its daemon; null if there is none. For the scanned scope, its user knows whether it is mounted. A
 * scope that only the environment names may never have existed, or may have been made by a command since: it counts only if
 * nothing else is left above it, or if it is an empty directory.
 */
export function unmountedScope(
  seen: Observation,
  { here, scopes, inspectedMs }: Pick<ScanContext, 'here' | 'scopes' | 'inspectedMs'>,
): ScopeSnapshot | null {
  const { shape, report, process, heldDirectory } = seen
  const stated = new Set([shape?.marker, report?.scope, process?.workingDirectory, heldDirectory])
  const held = scopes.get(heldDirectory ?? '')?.directory ?? null
  const away = (seen.namedScopes ?? []).flatMap((name) => {
    const scope = scopes.get(name)
    if (scope === undefined || scope === here) return []
    if (held !== null && scope.directory === held) return []
    const mayBeNew = !stated.has(name) && scope.above?.isEmpty === false && scope.unchangedSinceMs === null
    return !mayBeNew && isUnmounted(seen, scope, { inspectedMs }) ? [scope] : []
  })
  return away[0] ?? null
}

/**
 * A file counts as younger than a process only if it is younger by more than this, because the system reports process
 * start times in steps of 10 ms.
 */
const TIME_ERROR_MS = 100

/** Returns whether there is a record that our own daemon did not write. A project may have such a record beside our own files. */
function hasPredecessorRecord({ records }: ScopeSnapshot): boolean {
  return records.some((read) =>
    read.state === 'readable' ? read.record.implementation === 'predecessor' : read.state !== 'absent',
  )
}
