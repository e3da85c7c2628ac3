import type { RecordRead } from '../protocol/record.js'
import type { Observation, ScanContext, ScopeSnapshot } from './observation.js'

/** Of a scan, only the time to which the ages of the processes are counted. */
type Inspected = Pick<ScanContext, 'inspectedMs'>

/** Returns whether the scope may be on a file system that is not mounted now: then what is not in it says nothing. */
export function mayBeUnmounted(seen: Observation, scope: ScopeSnapshot, at: Inspected): boolean {
  return scope.gone === null || isUnmounted(seen, scope, at)
}

/**
 * Returns whether the scope is probably on a file system that is not mounted now: nothing is there that the process can have used,
 * and nothing shows that it was removed. So it is if the scope (or if it is gone, its parent) has been as empty as it is since
 * before the process started. It is, too, if all that the scope holds was made later and no predecessor's file is among it: then
 * a command may have written into an empty mount point.
 */
export function isUnmounted(
  { process }: Observation,
  scope: ScopeSnapshot,
  { inspectedMs }: Inspected,
): boolean {
  const { unchangedSinceMs, oldestEntryMs } = scope
  const age = process?.ageSeconds ?? null
  const startedMs = age === null ? null : inspectedMs - age * 1_000
  if (unchangedSinceMs !== null) return startedMs === null || unchangedSinceMs < startedMs
  if (oldestEntryMs === null || hasPredecessorFile(scope)) return false
  return startedMs === null || oldestEntryMs > startedMs + TIME_ERROR_MS
}

/** A file counts as younger than a process only by more than this: the system tells the start of a process in steps of 10 ms. */
const TIME_ERROR_MS = 100

function hasPredecessorFile({ records, sharedOwnerPresent }: ScopeSnapshot): boolean {
  const isNotOurs = (read: RecordRead): boolean =>
    read.state === 'readable' ? read.record.implementation === 'predecessor' : read.state !== 'absent'
  return sharedOwnerPresent === true || records.some(isNotOurs)
}
