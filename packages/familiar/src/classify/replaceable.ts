import type { DaemonRecord } from '../protocol/record.js'
import { holdsLock, provesPredecessor } from './derive.js'
import { maybeInUseBy } from './evidence.js'
import type { Facts } from './facts.js'
import type { Observation, ScanContext } from './observation.js'

/**
 * What must be proven before a daemon is replaced: its marker and self-report name this scope, and it is a process of this
 * user that is fully visible. (A record of this scope must also name it, and our own daemon must hold the daemon lock.)
 */
const REQUIRED: readonly (keyof Facts)[] = [
  'in_range',
  'spawn_shape',
  'self_report',
  'singleton_here',
  'same_user',
  'pid_known',
  'start_time_known',
  'same_namespaces',
  'reachable',
  'marker',
  'marker_here',
  'report_agrees',
  'scope_agrees',
]

/**
 * Returns the parts of this proof that are missing, by name; none if a command may replace the daemon. `record`: the one that
 * names it. Pure.
 */
export function missingProofs(
  { facts, observation }: { readonly facts: Facts; readonly observation: Observation },
  context: ScanContext,
  record: DaemonRecord | null,
): readonly string[] {
  const isByRecord = record !== null && provesPredecessor(record, observation) === 'yes'
  const isLockHolder = holdsLock(observation, context.here) === 'yes'
  return [
    ...REQUIRED.filter((fact) => facts[fact] !== 'yes'),
    ...(facts.other_family === 'no' ? [] : ['other_family']),
    ...(maybeInUseBy(observation, context) === null ? [] : ['in_use_by']),
    ...(facts.elsewhere === 'no' ? [] : ['elsewhere']),
    ...(record === null ? ['record'] : []),
    ...(isLockHolder || isByRecord ? [] : ['daemon_lock']),
  ]
}
