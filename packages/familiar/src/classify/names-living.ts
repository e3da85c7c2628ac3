import { commandText } from '../identity/machine.js'
import { mayBeOfElsewhere, type DaemonRecord, type Machine } from '../protocol/record.js'
import type { ScopeSnapshot, ScanContext } from './observation.js'
import { same, tri, type Tri } from './tri.js'

/*
 * The facts that follow from records alone. They are in a file of their own because `status` and the daemon need them
 * without the facts about an observation (`derive-facts.ts`).
 */

/**
 * Returns whether the process that a record names is alive; `unknown` for a record without pid, `no` for one that is
 * marked stopped. A predecessor's record has no start time, so the token in the command line distinguishes the daemon
 * from a later process with the same pid.
 */
export function namesLiving(record: DaemonRecord, alive: ScanContext['alive']): Tri {
  if (!record.running) return 'no'
  if (record.pid === null) return 'unknown'
  const found = alive.get(record.pid)
  if (found === undefined) return 'no'
  if (record.startTime !== null) return same(record.startTime, found.startTime)
  if (found.command === null || record.token === null) return 'unknown'
  return tri(commandText(found.command).includes(record.token))
}

/**
 * Returns whether a record of the scope names a daemon that may still run on another machine, or in another pid namespace
 * since this boot. If the daemon lock is known to be free, the daemon no longer runs. Pure.
 */
export function isHeldElsewhere({ records, lockHolder }: ScopeSnapshot, machine: Machine): boolean {
  if (lockHolder === null) return false
  return records.some(
    (read) => read.state === 'readable' && read.record.running && mayBeOfElsewhere(read.record, machine),
  )
}
