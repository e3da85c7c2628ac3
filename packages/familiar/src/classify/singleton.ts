import type { DaemonRecord } from '../protocol/record.js'
import type { ScopeSnapshot, Observation } from './observation.js'
import { every, same, some, tri, type Tri } from './tri.js'

/**
 * Returns whether this process is the singleton of the scope: it holds the daemon lock of the scope, has proved that it
 * owns the token in our record of the scope, or is named by a record of the scope.
 */
export function isSingleton(seen: Observation, scope: ScopeSnapshot): Tri {
  const ownsToken = scope.records.some(
    (read) =>
      read.state === 'readable' && read.record.implementation === 'own' && read.record.port === seen.port,
  )
  return some(
    tri(seen.ownsToken && ownsToken),
    holdsLock(seen, scope),
    ...scope.records.map((read) => {
      if (read.state === 'absent') return 'no'
      return read.state === 'readable' ? isSingletonByRecord(read.record, seen, scope) : 'unknown'
    }),
  )
}

/** Returns whether this process holds the daemon lock of the scope. */
export function holdsLock(seen: Observation, { lockHolder }: ScopeSnapshot): Tri {
  if (lockHolder === null) return 'no'
  if (lockHolder === 'unknown') return 'unknown'
  const isNamed = every(
    same(lockHolder.pid, seen.pid),
    same(lockHolder.startTime, seen.process?.startTime ?? null),
  )
  return isNamed === 'no' && lockHolder.isTold === true ? 'unknown' : isNamed
}

/**
 * Returns whether a record of the scope names this process as the running daemon. A predecessor's record is matched by
 * pid, or by port and token; one match is enough, because the other value may be wrong and this fact protects the process
 * from clean-ups.
 */
export function isSingletonByRecord(record: DaemonRecord, seen: Observation, scope: ScopeSnapshot): Tri {
  if (!record.running) return 'no'
  if (record.implementation === 'predecessor') {
    if (seen.shape?.implementation === 'own') return 'no'
    const byPid = record.pid === null ? 'no' : same(record.pid, seen.pid)
    return some(byPid, provesPredecessor(record, seen))
  }
  const isOfScope = same(record.scope, scope.real)
  if (seen.port !== null && record.port !== seen.port) return 'no'
  return every(isOfScope, same(record.pid, seen.pid), same(record.startTime, seen.process?.startTime ?? null))
}

/** Returns whether the token and the port in a predecessor's record are those of this process. */
export function provesPredecessor(record: DaemonRecord, seen: Observation): Tri {
  if (record.implementation !== 'predecessor' || seen.port === null) return 'no'
  return every(tri(record.port === seen.port), same(record.token, seen.shape?.token ?? null))
}
