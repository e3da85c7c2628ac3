import type { Observation, ScanContext, ScopeSnapshot } from './observation.js'

/** The part of a scan that is used here: the time up to which the ages of the processes are counted. */
type Inspected = Pick<ScanContext, 'inspectedMs'>

/** Returns whether the scope may be on a file system that is not mounted now: then a missing file proves nothing. */
export function mayBeUnmounted(seen: Observation, scope: ScopeSnapshot, at: Inspected): boolean {
  return scope.gone === null || isUnmounted(seen, scope, at)
}

/**
 * Returns whether the scope is probably on a file system that is not mounted now: nothing is there that the process can have used,
 * and nothing shows that it was removed. So it is if the scope (or if it is gone, its parent) has been as empty as it is since
 * before the process started. It is, too, if the scope holds only files of our own daemon that were made later: then a command
 * may have written into an empty mount point.
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

/** A file counts as younger than a process only by more than this: the system tells the start of a process in steps of 10 ms. */
const TIME_ERROR_MS = 100

/** Returns whether there is a record that our own daemon did not write. In a project it may be beside our own files. */
function hasPredecessorRecord({ records }: ScopeSnapshot): boolean {
  return records.some((read) =>
    read.state === 'readable' ? read.record.implementation === 'predecessor' : read.state !== 'absent',
  )
}
