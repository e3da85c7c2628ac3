import { closeSync, openSync, readSync } from 'node:fs'
import { throwLack } from '../errors.js'
import { crypto } from '../protocol/crypto.js'
import { isSameSecret, NONCE_HEADER, proofFor } from '../protocol/challenge.js'
import type { Family } from '../family.js'
import { objectOf, stringOf } from '../json.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { SelfReport } from '../protocol/self-report.js'
import { HANDSHAKE_MS, HEALTH_PATH } from './health.js'
import { request } from './http.js'

/**
 * How a recorded daemon answered. `no_response`: no HTTP answer, or none in time. `unreachable`: this process cannot reach
 * its port, which says nothing about the daemon. `impostor`: the listener is not proven to be the daemon in the record.
 */
export type Handshake =
  | { readonly outcome: 'proven'; readonly report: SelfReport }
  | { readonly outcome: 'no_response' }
  | { readonly outcome: 'unreachable' }
  | { readonly outcome: 'impostor' }

/**
 * Asks the daemon that one of our records names to prove that it owns the token in that record; only then may the token
 * be sent to it. Makes one local request and takes at most `timeoutMs`. A record without pid, token or instance id gives
 * `impostor` without a request. Throws `E_RESOURCES` when this process lacks the resources to connect.
 */
export async function handshake(
  family: Family,
  record: DaemonRecord,
  timeoutMs: number = HANDSHAKE_MS,
): Promise<Handshake> {
  const { pid, port, token, instanceId } = record
  if (pid === null || instanceId === null || token === null) return { outcome: 'impostor' }
  const nonce = randomNonce()
  const reply = await request({
    address: '127.0.0.1',
    port,
    method: 'GET',
    path: HEALTH_PATH,
    headers: { [NONCE_HEADER]: nonce },
    timeoutMs,
    whileWaiting: () => void crypto(),
  })
  if (reply === null) return { outcome: 'no_response' }
  if (reply === 'unreachable') return { outcome: 'unreachable' }
  const given = stringOf(objectOf(reply.json)?.['proof'])
  const report = family.readSelfReport(reply.json)
  if (given === null || report === null) return { outcome: 'impostor' }
  const isProven = isSameSecret(given, proofFor(nonce, { token, pid, port, instanceId }))
  return isProven ? { outcome: 'proven', report } : { outcome: 'impostor' }
}

/**
 * Returns a new nonce of 32 hex digits. It is read from the random source of the kernel where there is one, because
 * loading node:crypto takes longer than the rest of a command; that module is loaded while the daemon answers.
 */
function randomNonce(): string {
  const bytes = Buffer.alloc(16)
  try {
    const source = openSync('/dev/urandom', 'r')
    try {
      if (readSync(source, bytes) === bytes.length) return bytes.toString('hex')
    } finally {
      closeSync(source)
    }
  } catch (error) {
    throwLack(error)
  }
  return crypto().randomBytes(bytes.length).toString('hex')
}
