import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { Io } from 'familiar/cli'
import { VERSION } from '../../version.js'
import { withoutSlash } from '../url-text.js'
import type { Reply } from './answer.js'
import type { Format } from './batch.js'
import { oneLine } from './one-line.js'
import { moduleFor, proxyFor, tunnelThrough } from './proxy.js'
import { trusted } from './trusted-certificates.js'
import { reasonOf } from './connection-errors.js'

/** The maximum size of an answer that is read. An answer for a thousand events has 100 KB. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024

/** Why a request ended without an answer and within its time. */
const LEFT = 'given up, because events go to another server now'

export interface SenderOptions {
  /** An HTTPS URL, or an HTTP URL of a loopback address. */
  readonly serverUrl: string
  readonly format: Pick<Format, 'path' | 'contentType' | 'contentEncoding'>
  /** The environment, which names the proxy and the certificates. */
  readonly env: Io['env']
  readonly timeoutMs: number
  /** Called when a request begins, with the time, and with null when it has ended. */
  readonly onRequest?: (since: string | null) => void
}

/** Connections to one server, which stay open while there are events to send. */
export interface Sender {
  /**
   * Posts one batch without following redirects. Rejects with the reason of an abort, otherwise with an error whose
   * message is one line without a secret.
   */
  readonly post: (body: string, token: string, signal: AbortSignal) => Promise<Reply>
  /** Closes the connections. A request that still runs rejects, and its events stay in the queue. */
  readonly close: () => void
}

/** Throws an error with a one-line message if the proxy or the certificates that the environment names cannot be used. */
export function openSender({ serverUrl, format, env, timeoutMs, onRequest }: SenderOptions): Sender {
  const url = targetOf(serverUrl, format.path)
  const closing = new AbortController()
  const agent = createAgent(url, env, closing.signal)
  return {
    post: async (body, token, signal) => {
      const bytes = await compress(body, format.contentEncoding)
      const limit = limitOf([signal, closing.signal], timeoutMs)
      try {
        limit.signal.throwIfAborted()
        onRequest?.(new Date().toISOString())
        return await exchange(url, { agent, format, token, bytes, signal: limit.signal })
      } catch (error) {
        signal.throwIfAborted()
        const silence = closing.signal.aborted ? LEFT : `no answer within ${timeoutMs / 1000} s`
        const why = limit.signal.aborted ? silence : reasonOf(error)
        throw new Error(oneLine(`${url.host}: ${why}`, token), { cause: error })
      } finally {
        onRequest?.(null)
        limit.end()
      }
    },
    close: () => {
      closing.abort()
      agent.destroy()
    },
  }
}

/** Not `AbortSignal.any`: on Node 20, each call would leave something attached to a signal that lives as long as the daemon. */
function limitOf(
  signals: readonly AbortSignal[],
  timeoutMs: number,
): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const timer = setTimeout(abort, timeoutMs)
  for (const signal of signals) signal.addEventListener('abort', abort)
  if (signals.some(({ aborted }) => aborted)) abort()
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer)
      for (const signal of signals) signal.removeEventListener('abort', abort)
    },
  }
}

function targetOf(serverUrl: string, path: string): URL {
  const url = new URL(serverUrl)
  if (path !== '') url.pathname = withoutSlash(url.pathname) + path
  return url
}

/** Keeps connections alive between batches, because a new one costs two or three round trips. */
function createAgent(url: URL, env: Io['env'], signal: AbortSignal): Agent {
  if (url.protocol === 'http:') return new (process.getBuiltinModule('node:http').Agent)({ keepAlive: true })
  const agent = new (process.getBuiltinModule('node:https').Agent)({ keepAlive: true, ...trusted(env) })
  const proxy = proxyFor(url, env)
  const authority = `${url.hostname}:${url.port || 443}`
  return proxy === null
    ? agent
    : Object.assign(agent, { createConnection: tunnelThrough(proxy, authority, signal) })
}

async function compress(body: string, encoding: Format['contentEncoding']): Promise<Buffer> {
  const bytes = Buffer.from(body)
  if (encoding === null) return bytes
  const { gzip } = process.getBuiltinModule('node:zlib')
  return new Promise((resolve, reject) => {
    gzip(bytes, (error, compressed) => (error === null ? resolve(compressed) : reject(error)))
  })
}

interface Exchange {
  readonly agent: Agent
  readonly format: SenderOptions['format']
  readonly token: string
  readonly bytes: Buffer
  readonly signal: AbortSignal
}

function exchange(url: URL, outgoing: Exchange): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = requestTo(url, outgoing)
    const onClose = (): void => reject(new Error('closed without an answer'))
    request.on('error', reject).on('close', onClose)
    // The abort is handled here, because an aborted request emits nothing until it has a connection.
    const { signal } = outgoing
    signal.addEventListener('abort', () => reject(signal.reason))
    // A server may answer and close the connection before it has read everything. In this case its answer counts, not the
    // broken pipe.
    request.once('response', (message) => {
      request.off('close', onClose).off('error', reject)
      request.on('error', () => undefined)
      replyOf(message).then(resolve, reject)
    })
    request.end(outgoing.bytes)
  })
}

function requestTo(url: URL, { agent, format, token, bytes, signal }: Exchange): ClientRequest {
  return moduleFor(url).request(url, {
    method: 'POST',
    agent,
    signal,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': format.contentType,
      'content-length': bytes.length,
      ...(format.contentEncoding === null ? {} : { 'content-encoding': format.contentEncoding }),
      accept: 'application/json',
      'user-agent': `spec-kitty/${VERSION}`,
    },
    ...(url.hostname === 'localhost' ? { lookup: lookUpLoopback } : {}),
  })
}

const LOOPBACK = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** The address is fixed, because name resolution may return another machine for `localhost`. */
const lookUpLoopback: LookupFunction = (_hostname, { all }, done) => {
  if (all === true) done(null, LOOPBACK)
  else done(null, '127.0.0.1', 4)
}

async function replyOf(message: IncomingMessage): Promise<Reply> {
  const { statusCode: status = 0, headers } = message
  const head = { status, location: headers.location ?? null, retryAfter: headers['retry-after'] ?? null }
  const parts: Buffer[] = []
  let length = 0
  for await (const part of message as AsyncIterable<Buffer>) {
    length += part.length
    // Leaving the loop closes the connection.
    if (length > MAX_REPLY_BYTES) return { ...head, body: null }
    parts.push(part)
  }
  return { ...head, body: Buffer.concat(parts).toString('utf8') }
}
