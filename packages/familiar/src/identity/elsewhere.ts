import type { Host } from './machine.js'
import type { DaemonRecord } from './record.js'

/** Returns whether the pid in a record means a process of another machine, or of another pid namespace of this boot. Pure. */
export function isOfElsewhere(
  record: DaemonRecord,
  machine: Pick<Host, 'hostId' | 'bootId' | 'pidNamespace'>,
): boolean {
  if (record.lineage === 'predecessor' || record.hostId === null) return false
  if (record.hostId !== machine.hostId) return true
  return record.bootId === machine.bootId && record.pidNamespace !== machine.pidNamespace
}
