import type { Host } from '../identity/machine.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { ScopeSnapshot } from './observation.js'

type Machine = Pick<Host, 'hostId' | 'bootId' | 'pidNamespace'>

/**
 * Returns whether the pid in a record belongs to another machine, or to another pid namespace of this boot. False for a
 * predecessor's record, which does not say. The host id takes longer to compute than the rest, so it is compared only if
 * the boot ids differ. Pure.
 */
export function isOfElsewhere(record: DaemonRecord, machine: Machine): boolean {
  if (record.implementation === 'predecessor' || record.hostId === null) return false
  return record.bootId === machine.bootId
    ? record.pidNamespace !== machine.pidNamespace
    : record.hostId !== machine.hostId
}

/**
 * Returns whether a record of the scope names a daemon that may still run on another machine, or in another pid namespace
 * of this boot. If the daemon lock is known to be free, it no longer runs. Pure.
 */
export function isHeldElsewhere({ records, lockHolder }: ScopeSnapshot, machine: Machine): boolean {
  if (lockHolder === null) return false
  return records.some(
    (read) => read.state === 'readable' && read.record.running && isOfElsewhere(read.record, machine),
  )
}
