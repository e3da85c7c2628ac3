import type { Family } from '../family.js'
import { countOf, objectOf } from '../json.js'
import type { DaemonRecord } from '../protocol/record.js'
import { handshake } from '../observe/handshake.js'
import { request } from '../observe/http.js'

/**
 * The path of the request that asks a daemon to shut down. Never change it: a later version must be able to ask an
 * earlier one.
 */
export const SHUTDOWN_PATH = '/api/shutdown'

const ASK_MS = 1_000

/** The drain time that is assumed for a predecessor's daemon, because it announces none. */
const PREDECESSOR_DRAIN_MS = 1_000

/**
 * Asks the daemon that a record names to shut down. Returns the drain time that it announces, in milliseconds; null if it
 * did not accept. A daemon of ours is sent the token only after it has proved that it already has it. (A predecessor's
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
  return countOf(objectOf(reply.json)?.['drain_ms']) ?? 0
}
