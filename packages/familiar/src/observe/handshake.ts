import { closeSync, openSync, readSync } from 'node:fs'
import type { Socket } from 'node:net'
import { throwLack } from '../errors.js'
import { type Challenged, isSameSecret, NONCE_HEADER, proofFor } from '../protocol/challenge.js'
import { crypto } from '../protocol/crypto.js'
import type { Family } from '../family.js'
import { objectOf, stringOf } from '../json.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { SelfReport } from '../protocol/self-report.js'
import { isOfScope } from './read-records.js'
import { isInOtherNetwork } from './platform/other-network.js'
import { HANDSHAKE_MS, HEALTH_PATH } from './probe-health.js'
import { type HttpReply, type HttpRequest, request, requestAndKeep } from './http.js'

/**
 * How a recorded daemon answered. `no_response`: no HTTP answer, or none in time. `unreachable`: this process cannot reach
 * its port, or it is in another network namespace, which says nothing about the daemon. `impostor`: the listener is not proven to be the daemon in the record.
 */
export type Handshake =
  | { readonly outcome: 'proven'; readonly report: SelfReport }
  | { readonly outcome: 'no_response' }
  | { readonly outcome: 'unreachable' }
  | { readonly outcome: 'impostor' }

/**
 * Asks the daemon that one of our records names to prove that it owns the token in that record; only after that may the
 * token be sent to it. The proof names the port, which exists once in each network namespace, so a daemon in another one is
 * unreachable whatever answers here: something may forward to it. Makes one local request and takes at most `timeoutMs`. A record without pid, token or instance id
 * gives `impostor` without a request. Throws `E_RESOURCES` if this process lacks the resources to connect.
 */
export async function handshake(
  family: Family,
  record: DaemonRecord,
  timeoutMs: number = HANDSHAKE_MS,
): Promise<Handshake> {
  const challenged = challengedBy(record)
  if (challenged === null) return { outcome: 'impostor' }
  const nonce = randomNonce()
  const network = networkOf(record)
  const whileWaiting = (): void => {
    crypto()
    network.look()
  }
  const reply = await request({ ...proofRequest(record, nonce), timeoutMs, whileWaiting })
  return checkReply(family, record, challenged, nonce, network.isOther() ? 'unreachable' : reply)
}

/**
 * The answer of a recorded daemon on a connection that will carry a request. `proven`: `socket` is that connection, or
 * null if the daemon did not keep it open. `closed`: the connection was refused, or ended without a reply.
 */
export type ProvenConnection =
  | { readonly outcome: 'proven'; readonly token: string; readonly socket: Socket | null }
  | { readonly outcome: 'closed' }
  | Exclude<Handshake, { readonly outcome: 'proven' }>

/** `whileWaiting` is called after the request was sent, for work that can be done while waiting for the reply. */
export interface HandshakeOptions extends Pick<HttpRequest, 'timeoutMs' | 'signal'> {
  readonly whileWaiting: () => void
}

/**
 * Like `handshake`, but asks the daemon to keep the connection open for one request. Whatever is sent on that connection
 * afterwards can reach only the process that has given the proof.
 */
export async function handshakeAndKeep(
  family: Family,
  record: DaemonRecord,
  options: HandshakeOptions,
): Promise<ProvenConnection> {
  const challenged = challengedBy(record)
  if (challenged === null) return { outcome: 'impostor' }
  const nonce = randomNonce()
  const network = networkOf(record)
  const whileWaiting = (): void => {
    crypto()
    network.look()
    options.whileWaiting()
  }
  const { reply, socket } = await requestAndKeep({
    ...proofRequest(record, nonce),
    ...options,
    whileWaiting,
  })
  if (reply === 'closed') return { outcome: 'closed' }
  const answer = checkReply(family, record, challenged, nonce, network.isOther() ? 'unreachable' : reply)
  if (answer.outcome === 'proven') return { outcome: 'proven', token: challenged.token, socket }
  socket?.destroy()
  return answer
}

/**
 * Tells whether the recorded process is in another network namespace. `look` finds out while the daemon answers, so that this takes
 * no time; if it fails, `isOther` does it.
 */
function networkOf(record: DaemonRecord) {
  let found: boolean | null = null
  return {
    look: (): void => {
      try {
        found = isInOtherNetwork(record)
      } catch {
        found = null
      }
    },
    isOther: (): boolean => found ?? isInOtherNetwork(record),
  }
}

function challengedBy({ pid, port, token, instanceId }: DaemonRecord): Challenged | null {
  return pid === null || instanceId === null || token === null ? null : { pid, port, token, instanceId }
}

function proofRequest({ port }: DaemonRecord, nonce: string) {
  const headers = { [NONCE_HEADER]: nonce }
  return { address: '127.0.0.1', port, method: 'GET', path: HEALTH_PATH, headers } as const
}

/**
 * Returns what a reply to `nonce` proves about the listener. A listener that reports another scope is not the daemon of
 * the record: the record in a copied home contains the token of the original's daemon.
 */
function checkReply(
  family: Family,
  { scope }: DaemonRecord,
  challenged: Challenged,
  nonce: string,
  reply: HttpReply | 'unreachable' | null,
): Handshake {
  if (reply === null) return { outcome: 'no_response' }
  if (reply === 'unreachable') return { outcome: 'unreachable' }
  const given = stringOf(objectOf(reply.json)?.['proof'])
  const report = family.readSelfReport(reply.json)
  if (given === null || report === null) return { outcome: 'impostor' }
  // The path in the reply is opened only after the proof, because any user's process may listen here.
  const isProven =
    isSameSecret(given, proofFor(nonce, challenged)) && (scope === null || isOfScope(report, scope))
  return isProven ? { outcome: 'proven', report } : { outcome: 'impostor' }
}

/**
 * Returns a new nonce of 32 hex digits. It comes from the kernel's random source if there is one, because loading
 * node:crypto takes longer than the rest of a command. That module is loaded while the daemon answers.
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
