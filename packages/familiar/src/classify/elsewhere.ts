import type { Host } from '../identity/machine.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { ScopeSnapshot } from './observation.js'

type Machine = Pick<Host, 'hostId' | 'bootId' | 'pidNamespace'>

/**
 * Returns whether a record's pid belongs to another machine, or to another pid namespace of this boot. The host id costs more
 * to compute than the rest, so it is compared only where the boot ids differ. Pure.
 */
export function isOfElsewhere(record: DaemonRecord, machine: Machine): boolean {
  if (record.lineage === 'predecessor' || record.hostId === null) return false
  return record.bootId === machine.bootId
    ? record.pidNamespace !== machine.pidNamespace
    : record.hostId !== machine.hostId
}

/**
 * Returns whether a record of the scope names a daemon of another machine, or of another pid namespace of this boot, that
 * may still run. It may only while the daemon lock is held, or not known to be free. Pure.
 */
export function isHeldElsewhere({ records, lockHolder }: ScopeSnapshot, machine: Machine): boolean {
  if (lockHolder === null) return false
  return records.some(
    (read) => read.state === 'readable' && read.record.running && isOfElsewhere(read.record, machine),
  )
}
