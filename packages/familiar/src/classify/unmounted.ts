import type { Observation, ScanContext, ScopeSnapshot } from './observation.js'

/** The part of a scan that is used here: the time up to which the ages of the processes are counted. */
type Inspected = Pick<ScanContext, 'inspectedMs'>

/** Returns whether the scope may be on a file system that is not mounted now, in which case a missing file proves nothing. */
export function mayBeUnmounted(seen: Observation, scope: ScopeSnapshot, at: Inspected): boolean {
  return scope.gone === null || isUnmounted(seen, scope, at)
}

/**
 * Returns whether the scope is probably on a file system that is not mounted now: it contains nothing that the process
 * can have used, and nothing shows that something was removed. There are two such cases. The scope (if it is gone, its
 * parent) has been unchanged and empty since before the process started. Or the scope holds only files of our own daemon
 * that were made later, because a command may have written into an empty mount point.
 */
export function isUnmounted(
  { process }: Observation,
  scope: ScopeSnapshot,
  { inspectedMs }: Inspected,
): boolean {
  const { unchangedSinceMs, ownSinceMs } = scope
  const age = process?.ageSeconds ?? null
  const startedMs = age === null ? null : inspectedMs - age * 1_000
  if (unchangedSinceMs !== null) return startedMs === null || unchangedSinceMs < startedMs
  if (ownSinceMs === null || hasPredecessorRecord(scope)) return false
  return startedMs === null || ownSinceMs > startedMs + TIME_ERROR_MS
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
