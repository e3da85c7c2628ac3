import type { DaemonRecord } from '../../protocol/record.js'
import { bootId } from './linux-host.js'
import { readStat } from './linux-stat.js'
import { readLink } from './read-quietly.js'

/**
 * Returns whether the recorded process is seen to be in another network namespace than this one. Then it is not what answers on
 * its port here: at most something that forwards to it. False if it is not seen, or on a system without network namespaces.
 */
export function isInOtherNetwork({ pid, startTime }: DaemonRecord): boolean {
  if (pid === null) return false
  const network = readLink(`/proc/${pid}/ns/net`)
  if (network === null || network === readLink('/proc/self/ns/net')) return false
  // Read only now, because it is rarely needed: the pid may belong to another process by now, or be that of another machine.
  const stat = readStat(pid)
  return stat !== null && stat !== 'gone' && `${bootId()}/${stat.startTicks}` === startTime
}
