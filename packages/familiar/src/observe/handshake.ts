import { randomBytes } from 'node:crypto'
import { isSameSecret, NONCE_HEADER, proofFor } from './challenge.js'
import type { Family } from '../family.js'
import { objectOf, stringOf } from '../identity/narrow.js'
import type { DaemonRecord } from '../identity/record.js'
import type { SelfReport } from '../identity/self-report.js'
import { HEALTH_PATH } from './health.js'
import { request } from './http.js'

/**
 * How a recorded daemon answered. `mute`: nothing in time. `unreachable`: this process cannot get to its port, which says
 * nothing about it. `stranger`: something else than the daemon in the record.
 */
export type Handshake =
  | { readonly outcome: 'proven'; readonly report: SelfReport }
  | { readonly outcome: 'mute' }
  | { readonly outcome: 'unreachable' }
  | { readonly outcome: 'stranger' }

/** A daemon that does not answer its health endpoint within this time is silent, unless it is given less. */
export const HANDSHAKE_MS = 1_000

/**
 * Asks the daemon that a record of ours names to prove that it owns the record's token: only then may the token be
 * sent to it. A mimic on the recorded port is a `stranger`. Costs one local request, and at most a second. Throws
 * `E_RESOURCES` where this process has nothing left to connect with.
 */
export async function handshake(
  family: Family,
  record: DaemonRecord,
  timeoutMs: number = HANDSHAKE_MS,
): Promise<Handshake> {
  const { pid, port, token, instanceId } = record
  if (pid === null || instanceId === null) return { outcome: 'stranger' }
  const nonce = randomBytes(16).toString('hex')
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
