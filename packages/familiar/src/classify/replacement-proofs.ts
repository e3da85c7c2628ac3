import type { DaemonRecord } from '../protocol/record.js'
import { holdsLock, provesPredecessor } from './singleton.js'
import { maybeInUseBy } from './stale-evidence.js'
import type { Facts } from './facts.js'
import type { Observation, ScanContext } from './observation.js'

/**
 * The facts that must be `yes` before a daemon is replaced: its marker and its self-report name the scanned scope, it is
 * a process of this user, and everything that the decision needs is known. `missingProofs` requires a few more things.
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
 * Returns the names of the proofs that are missing before a command may replace the daemon; an empty list if none is.
 * Besides the facts above, it requires three things: a record of the scope names the daemon (`record`); the daemon holds
 * the daemon lock, or is a predecessor whose token and port are in that record; and it serves no other scope. Pure.
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
