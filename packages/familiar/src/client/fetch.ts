import { setMaxListeners } from 'node:events'
import { connect } from 'node:net'
import type { Family } from '../family.js'
import { handshakeAndKeep } from '../observe/handshake.js'
import type { DaemonRecord } from '../protocol/record.js'
import { notSent } from './fetch-errors.js'
import { isBodiless, readInit, type FetchInit } from './fetch-init.js'
import type { Reply } from './fetch-reply.js'
import { http, send, type Outcome } from './send-request.js'

export type { FetchInit } from './fetch-init.js'
export type { Reply } from './fetch-reply.js'

const HEADERS_TIMEOUT_MS = 30_000

/**
 * Sends a request with the token to the daemon that a record names, after that daemon has proved its identity on the same
 * connection. Another process that listens on the port gets neither the token nor any part of the request. (If the daemon
 * does not keep the connection open, the request is sent on a second one, immediately after the proof.) The connection is
 * used for this request only. Throws a `TypeError` for an invalid request, before anything is sent; the reason of an
 * abort; the error of the caller's stream; `E_DAEMON_UNREACHABLE`, `E_DAEMON_UNRESPONSIVE`, `E_REQUEST_INTERRUPTED` and
 * `E_RESOURCES`.
 */
export async function fetchFrom(
  family: Family,
  record: DaemonRecord,
  path: string,
  init: FetchInit = {},
): Promise<Reply> {
  return replyIn(await tryFetch(family, record, path, init))
}

/**
 * Like `fetchFrom`, but if the request was not sent, was refused before anything of it was done, or may be sent twice,
 * calls `reconnect` and tries once more with the daemon that it returns. A request may be sent twice if its method is GET
 * or HEAD or `retry` is true. A stream of which a part was read is not sent again. There is no second attempt if the
 * daemon was reached but did not begin a reply in time.
 */
export async function fetchWithRetry(
  family: Family,
  record: DaemonRecord,
  reconnect: () => Promise<DaemonRecord>,
  path: string,
  init: FetchInit = {},
): Promise<Reply> {
  const first = await tryFetch(family, record, path, init)
  if (!mayRepeat(first, path, init)) return replyIn(first)
  init.signal?.throwIfAborted()
  const next = await unlessAborted(reconnect(), init.signal)
  return fetchFrom(family, next, path, init)
}

function mayRepeat({ outcome }: Outcome, path: string, init: FetchInit): boolean {
  if (outcome === 'not_sent') return true
  if (outcome !== 'not_begun' && outcome !== 'maybe_received') return false
  const { method, isStream } = readInit(path, init)
  return !isStream && (outcome === 'not_begun' || init.retry === true || isBodiless(method))
}

function replyIn(outcome: Outcome): Reply {
  if (outcome.outcome === 'replied') return outcome.reply
  throw outcome.error
}

/** Rejects as soon as the signal is aborted. The work itself continues, but its result is ignored. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject)
  })
}

/**
 * Makes one attempt. Throws for everything that is not an outcome: wrong use, an abort, an error of the caller's stream,
 * a lack of resources.
 */
export async function tryFetch(
  family: Family,
  record: DaemonRecord,
  path: string,
  init: FetchInit = {},
): Promise<Outcome> {
  const outgoing = readInit(path, init)
  const { signal, headersTimeoutMs: timeoutMs = HEADERS_TIMEOUT_MS } = init
  // One signal may be shared by many requests, and Node would log a warning about a leak above ten listeners.
  if (signal instanceof EventTarget) setMaxListeners(0, signal)
  const proven = await handshakeAndKeep(family, record, {
    timeoutMs,
    whileWaiting: () => void http(),
    ...(signal === undefined ? {} : { signal }),
  })
  if (proven.outcome !== 'proven') {
    return { outcome: 'not_sent', error: notSent(proven.outcome, family, record) }
  }
  const socket = proven.socket ?? connect({ host: '127.0.0.1', port: record.port, noDelay: true })
  return send({ family, record, socket, token: proven.token, outgoing, signal, timeoutMs })
}
