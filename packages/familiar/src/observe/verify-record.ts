import type { Family } from '../family.js'
import type { DaemonRecord } from '../protocol/record.js'
import { handshake, type Handshake } from './handshake.js'
import { HANDSHAKE_MS, HEALTH_PATH, probe } from './probe-health.js'
import type { Platform } from './platform/platform.js'
import { isOfScope } from './read-records.js'

/** Time limit for finding the holder of a port. */
const MACHINE_MS = 2_000

/** The scope whose record is verified. */
export interface OfScope {
  readonly family: Family
  readonly scope: string
  readonly platform: Platform
}

/**
 * Asks the daemon that one of our records names to prove that it is that daemon. The proof is that it owns the token in
 * the record. If that token is stored in another home directory, two things prove it instead: a self-report that agrees
 * with the record, and facts from the operating system: the process in the record holds the daemon lock of the scope, has
 * the recorded start time, and listens on the recorded port. Makes one local request of at most `timeoutMs`; without a
 * token it may take 2 s more.
 */
export async function verify(
  at: OfScope,
  record: DaemonRecord,
  timeoutMs: number = HANDSHAKE_MS,
): Promise<Handshake> {
  if (record.token !== null) return handshake(at.family, record, timeoutMs)
  const reply = await probe('127.0.0.1', record.port, HEALTH_PATH, timeoutMs)
  if (reply.kind === 'unreachable') return { outcome: 'unreachable' }
  if (reply.kind === 'silent') return { outcome: 'no_response' }
  const report = reply.kind === 'json' ? at.family.readSelfReport(reply.body) : null
  if (report?.scope == null || report.pid !== record.pid || report.port !== record.port) {
    return { outcome: 'impostor' }
  }
  // The path in the reply is opened only after the proof, because any user's process may listen here.
  const isProven = (await isByKernel(at, record)) && isOfScope(report, at.scope)
  return isProven ? { outcome: 'proven', report } : { outcome: 'impostor' }
}

async function isByKernel({ family, scope, platform }: OfScope, record: DaemonRecord): Promise<boolean> {
  const { pid, startTime, port } = record
  if (pid === null || startTime === null) return false
  const deadline = AbortSignal.timeout(MACHINE_MS)
  const holder = await platform.lockHolder(family.files(scope).daemonLock, { pid, startTime }, [pid])
  if (holder === null || holder === 'unknown' || holder.pid !== pid || holder.startTime !== startTime)
    return false
  const listeners = await platform.listeners({ from: port, to: port + 1 }, deadline)
  const holders = await platform.holders(listeners, new Set([pid]), deadline)
  return listeners.some((at) => (at.pid ?? holders.get(at.socket)) === pid)
}
