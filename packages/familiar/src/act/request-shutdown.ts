import type { Family } from '../family.js'
import { countOf, objectOf } from '../json.js'
import type { DaemonRecord } from '../protocol/record.js'
import { HANDSHAKE_MS } from '../observe/probe-health.js'
import { handshake } from '../observe/handshake.js'
import { request } from '../observe/http.js'

/**
 * The path of the request that asks a daemon to shut down. Never change it: a later version must be able to ask an
 * earlier one.
 */
export const SHUTDOWN_PATH = '/api/shutdown'

const ASK_MS = 1_000

/** The longest time that `requestShutdown` takes: the proof of a daemon of ours, and the request itself. */
export const LONGEST_REQUEST_MS = HANDSHAKE_MS + ASK_MS

/**
 * The longest drain time that a daemon is granted, even if it announces more. The life-cycle lock is held meanwhile;
 * other commands wait at most 30 s for it, and that time must also cover the start of a successor.
 */
export const LONGEST_DRAIN_MS = 10_000

/** The drain time that is assumed for a predecessor's daemon, because it announces none. */
const PREDECESSOR_DRAIN_MS = 1_000

/**
 * Asks the daemon that a record names to shut down. Returns the drain time that it announces, in milliseconds, and at
 * most 10 s; null if it did not accept. A daemon of ours is sent the token only after it has proved that it already has it. (A predecessor's
 * daemon cannot prove that, so the caller must have proven its process; its token is visible in its command line anyway.)
 */
export async function requestShutdown(
  family: Family,
  record: DaemonRecord,
  reason: string,
): Promise<number | null> {
  const { port, token } = record
  if (token === null) return null
  const ask = { address: '127.0.0.1', port, method: 'POST', path: SHUTDOWN_PATH, timeoutMs: ASK_MS } as const
  if (record.implementation === 'predecessor') {
    for (const { shutdown } of family.predecessors) {
      const asked = shutdown?.(token) ?? null
      const reply = asked === null ? null : await request({ ...ask, ...asked })
      if (reply !== null && reply !== 'unreachable' && reply.status === 200) return PREDECESSOR_DRAIN_MS
    }
    return null
  }
  if ((await handshake(family, record)).outcome !== 'proven') return null
  const headers = { authorization: `Bearer ${token}` }
  const reply = await request({ ...ask, headers, body: { reason } })
  if (reply === null || reply === 'unreachable' || reply.status !== 202) return null
  return Math.min(countOf(objectOf(reply.json)?.['drain_ms']) ?? 0, LONGEST_DRAIN_MS)
}
