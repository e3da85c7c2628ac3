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
 * Sends a request to the daemon that a record names, with its token, once that daemon has proved on the same connection
 * that it is the one. Whatever else listens on its port gets neither the token nor anything of the request. (A daemon that
 * does not keep the connection open gets the request on a second one, right after the proof.) The connection carries this
 * one request.
 *
 * Throws a `TypeError` for a request that cannot be sent, before anything is sent; the reason of an abort;
 * what the author's stream throws; `E_DAEMON_UNREACHABLE`, `E_DAEMON_UNRESPONSIVE`, `E_REQUEST_INTERRUPTED` and
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
 * Does the same as `fetchFrom`. If the request was not sent, or may be sent twice, calls `reconnect` and tries once more
 * with the daemon that it returns. A request may be sent twice if its method is GET or HEAD, or if `retry` is true, and if
 * its body is no stream. A daemon that was reached and has not begun a reply in time is not asked again.
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
  if (outcome !== 'maybe_received') return outcome === 'not_sent'
  const { method, isStream } = readInit(path, init)
  return !isStream && (init.retry === true || isBodiless(method))
}

function replyIn(outcome: Outcome): Reply {
  if (outcome.outcome === 'replied') return outcome.reply
  throw outcome.error
}

/** Rejects as soon as the signal is aborted; the work then goes on without a reader. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.finally(() => signal.removeEventListener('abort', onAbort)).then(resolve, reject)
  })
}

/** Tries once. Throws for whatever is not an outcome: wrong use, an abort, the author's stream, a lack of resources. */
export async function tryFetch(
  family: Family,
  record: DaemonRecord,
  path: string,
  init: FetchInit = {},
): Promise<Outcome> {
  const outgoing = readInit(path, init)
  const { signal, headersTimeoutMs: timeoutMs = HEADERS_TIMEOUT_MS } = init
  // One signal may serve many requests; above ten listeners, Node would log a warning about a leak.
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
