import { crypto } from './crypto.js'
import { isSameSecret, NONCE_HEADER, proofFor } from './challenge.js'
import type { Family } from '../family.js'
import { objectOf, stringOf } from '../identity/narrow.js'
import type { DaemonRecord } from '../identity/record.js'
import type { SelfReport } from '../identity/self-report.js'
import { HEALTH_PATH } from './health.js'
import { request } from './http.js'

/**
 * How a recorded daemon answered. `mute`: no HTTP answer, or none in time. `unreachable`: this process cannot reach its
 * port, which says nothing about the daemon. `stranger`: not proven to be the daemon in the record.
 */
export type Handshake =
  | { readonly outcome: 'proven'; readonly report: SelfReport }
  | { readonly outcome: 'mute' }
  | { readonly outcome: 'unreachable' }
  | { readonly outcome: 'stranger' }

/** Default time limit: a daemon whose health endpoint does not answer within it is `mute`. */
export const HANDSHAKE_MS = 1_000

/**
 * Asks the daemon that one of our records names to prove that it owns the record's token: only then may the token be
 * sent to it. An impostor on the recorded port is a `stranger`. Costs one local request and at most `timeoutMs`. Throws
 * `E_RESOURCES` when this process lacks the resources to connect.
 */
export async function handshake(
  family: Family,
  record: DaemonRecord,
  timeoutMs: number = HANDSHAKE_MS,
): Promise<Handshake> {
  const { pid, port, token, instanceId } = record
  if (pid === null || instanceId === null || token === null) return { outcome: 'stranger' }
  const nonce = crypto().randomBytes(16).toString('hex')
  const reply = await request({
    address: '127.0.0.1',
    port,
    method: 'GET',
    path: HEALTH_PATH,
    headers: { [NONCE_HEADER]: nonce },
    timeoutMs,
  })
  if (reply === null) return { outcome: 'mute' }
  if (reply === 'unreachable') return { outcome: 'unreachable' }
  const given = stringOf(objectOf(reply.json)?.['proof'])
  const report = family.readSelfReport(reply.json)
  if (given === null || report === null) return { outcome: 'stranger' }
  const isProven = isSameSecret(given, proofFor(nonce, { token, pid, port, instanceId }))
  return isProven ? { outcome: 'proven', report } : { outcome: 'stranger' }
}
