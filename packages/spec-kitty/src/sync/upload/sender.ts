import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { Io } from 'familiar/cli'
import { VERSION } from '../../version.js'
import { withoutSlash } from '../url-text.js'
import { MAX_REPLY_BYTES, type Reply } from './answer.js'
import type { Format } from './batch.js'
import { oneLine } from './one-line.js'
import { lookupFor, openAgent } from './open-agent.js'
import { moduleFor } from './proxy.js'
import { certificateVariables } from './trusted-certificates.js'
import { isOfEnvironment, isOutOfTime, reasonOf } from './connection-errors.js'
import type { RunningRequest, WholeFailure } from './upload-types.js'

/** Why a request ended without an answer and within its time. */
const LEFT = 'given up, because events go to another server now'

export interface SenderOptions {
  /** An HTTPS URL, or an HTTP URL of a loopback address. */
  readonly serverUrl: string
  readonly format: Pick<Format, 'path' | 'contentType' | 'contentEncoding'>
  /** The environment, which names the proxy and the certificates. */
  readonly env: Io['env']
  readonly timeoutMs: number
  /** Called when a request begins, with its state, which then changes, and with null when it has ended. */
  readonly onRequest?: (running: RunningRequest | null) => void
}

/** A request without a whole answer. */
export class RequestError extends Error {
  /** Null if the server cannot have the batch, or if the request was given up for another reason. */
  readonly whole: WholeFailure | null
  readonly received: number

  constructor(message: string, whole: WholeFailure | null, received: number, cause: unknown) {
    super(message, { cause })
    this.whole = whole
    this.received = received
  }
}

type Progress = { -readonly [name in keyof RunningRequest]: RunningRequest[name] }

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
  // Connections stay alive between batches, because a new one costs two or three round trips.
  const agent = openAgent(url, { env, signal: closing.signal, keepAlive: true })
  return {
    post: async (body, token, signal) => {
      const bytes = await compress(body, format.contentEncoding)
      const limit = limitOf([signal, closing.signal], timeoutMs)
      const progress: Progress = { since: new Date().toISOString(), isConnected: false, received: 0 }
      try {
        limit.signal.throwIfAborted()
        onRequest?.(progress)
        return await exchange(url, { agent, format, token, bytes, signal: limit.signal, progress })
      } catch (error) {
        signal.throwIfAborted()
        const isLeft = closing.signal.aborted
        const isLate = limit.signal.aborted && !isLeft
        const why = isLeft ? LEFT : isLate ? lateText(progress, timeoutMs / 1000) : whyFailed(error, env)
        const failure = isLate ? 'timeout' : 'cut'
        const whole = isLeft || !progress.isConnected ? null : failure
        throw new RequestError(oneLine(`${url.host}: ${why}`, token), whole, progress.received, error)
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

/**
 * Returns in one line why a request failed. The certificate of the server is checked with those that the environment names,
 * and one of these may be out of its time.
 */
export function whyFailed(error: unknown, env: Io['env']): string {
  const own = isOutOfTime(error) && !isOfEnvironment(error) ? certificateVariables(env) : []
  return `${reasonOf(error)}${own.length === 0 ? '' : `; or it is a certificate in ${own.join(' or ')}`}`
}

/** Tells apart a server that cannot be reached, one that has the batch and is silent, and one that is slow. */
function lateText({ isConnected, received }: RunningRequest, seconds: number): string {
  if (!isConnected) return `no connection within ${seconds} s`
  return received === 0
    ? `no answer within ${seconds} s`
    : `the answer was too slow: ${received} bytes of it within ${seconds} s`
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
  readonly progress: Progress
}

function exchange(url: URL, outgoing: Exchange): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = requestTo(url, outgoing)
    const onClose = (): void => reject(new Error('closed without an answer'))
    request.on('error', reject).on('close', onClose)
    // The abort is handled here, because an aborted request emits nothing until it has a connection.
    const { signal, progress } = outgoing
    const onConnect = (): void => void (progress.isConnected = true)
    request.once('socket', (socket) => {
      if (request.reusedSocket) onConnect()
      else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', onConnect)
    })
    signal.addEventListener('abort', () => reject(signal.reason))
    // A server may answer and close the connection before it has read everything. In this case its answer counts, not the
    // broken pipe.
    request.once('response', (message) => {
      request.off('close', onClose).off('error', reject)
      request.on('error', () => undefined)
      replyOf(message, progress).then(resolve, reject)
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
      // Otherwise a server may compress its answer, which is not read then.
      'accept-encoding': 'identity',
      'user-agent': `spec-kitty/${VERSION}`,
    },
    ...lookupFor(url),
  })
}

async function replyOf(message: IncomingMessage, progress: Progress): Promise<Reply> {
  const { statusCode: status = 0, headers } = message
  progress.received = message.rawHeaders.join('').length
  const head = { status, location: headers.location ?? null, retryAfter: headers['retry-after'] ?? null }
  const parts: Buffer[] = []
  let length = 0
  for await (const part of message as AsyncIterable<Buffer>) {
    length += part.length
    progress.received += part.length
    // Leaving the loop closes the connection.
    if (length > MAX_REPLY_BYTES) return { ...head, body: null }
    parts.push(part)
  }
  return { ...head, body: Buffer.concat(parts).toString('utf8') }
}
