import type { Replaced } from './replace.js'
import { isOfElsewhere } from '../protocol/record.js'
import type { SelfReport } from '../protocol/self-report.js'
import { HANDSHAKE_MS } from '../observe/probe-health.js'
import { isSameScope, readOwnRecord } from '../observe/read-records.js'
import { verify } from '../observe/verify-record.js'
import type { StartReason } from './start-order.js'
import type { Found, ScopeRequest } from './connect-request.js'
import { assess, usable, type RecordedDaemon } from './use-or-replace.js'

/** Returns the recorded daemon if it answers in time and is proven. */
export async function findRecorded(
  request: ScopeRequest,
  timeoutMs: number = HANDSHAKE_MS,
): Promise<RecordedDaemon | null> {
  const record = readOwnRecord(request.family, request.scope)
  if (record === null || !record.running) return null
  // The pids of another machine or pid namespace are meaningless here, so such a daemon can be used, judged and ended
  // only there.
  if (isOfElsewhere(record, await request.platform.host())) return null
  const answer = await verify(request, record, timeoutMs)
  if (answer.outcome !== 'proven') return null
  return isOfScope(answer.report, request) ? assess(request, record, answer.report) : null
}

/**
 * Returns whether the daemon belongs to this scope. A record that was copied and edited may name a proven daemon of
 * another scope.
 */
function isOfScope({ scope }: SelfReport, request: ScopeRequest): boolean {
  return scope === null || isSameScope(scope, request.scope)
}

/** Returns the recorded daemon if it can be used as it is. */
export async function findUsable(request: ScopeRequest): Promise<RecordedDaemon | null> {
  const found = await findRecorded(request)
  return found === null ? null : usable(request, found)
}

/** Returns the connection to a daemon that was found, or just started. */
export function connected(
  { record, report, standing }: RecordedDaemon,
  started: StartReason | null = null,
  replaced: Replaced | null = null,
): Found {
  return { outcome: 'connected', record, report, started, replaced, relation: standing }
}
