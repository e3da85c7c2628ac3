import type { Family } from '../family.js'
import type { DaemonRecord } from '../identity/record.js'
import { handshake, HANDSHAKE_MS, type Handshake } from './handshake.js'
import { HEALTH_PATH, probe } from './health.js'
import type { Platform } from './platform/platform.js'
import { isSameScope } from './records.js'

/** How long the machine may take to tell who holds a port. */
const MACHINE_MS = 2_000

/** Whose record it is. */
export interface OfScope {
  readonly family: Family
  readonly scope: string
  readonly platform: Platform
}

/**
 * Asks the daemon that a record of ours names to prove itself: by the record's token or, where that stands in another home,
 * by what the kernel says of it: it holds the scope's daemon lock, was born when the record says, and listens on the
 * recorded port. Costs one local request, and at most the time given.
 */
export async function verify(
  at: OfScope,
  record: DaemonRecord,
  timeoutMs: number = HANDSHAKE_MS,
): Promise<Handshake> {
  if (record.token !== null) return handshake(at.family, record, timeoutMs)
  const reply = await probe('127.0.0.1', record.port, HEALTH_PATH, timeoutMs)
  if (reply.kind === 'unreachable') return { outcome: 'unreachable' }
  if (reply.kind === 'silent') return { outcome: 'mute' }
  const report = reply.kind === 'json' ? at.family.readSelfReport(reply.body) : null
  if (report?.scope == null || report.pid !== record.pid || report.port !== record.port) {
    return { outcome: 'stranger' }
  }
  const isProven = isSameScope(report.scope, at.scope) && (await isByKernel(at, record))
  return isProven ? { outcome: 'proven', report } : { outcome: 'stranger' }
}

async function isByKernel({ family, scope, platform }: OfScope, record: DaemonRecord): Promise<boolean> {
  const { pid, birth, port } = record
  if (pid === null || birth === null) return false
  const deadline = AbortSignal.timeout(MACHINE_MS)
  const holder = await platform.lockHolder(family.files(scope).daemonLock, { pid, birth }, [pid])
  if (holder === null || holder === 'unknown' || holder.pid !== pid || holder.birth !== birth) return false
  const listeners = await platform.listeners({ from: port, to: port + 1 }, deadline)
  const holders = await platform.holders(listeners, new Set([pid]), deadline)
  return listeners.some((at) => (at.pid ?? holders.get(at.socket)) === pid)
}
