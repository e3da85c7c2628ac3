import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { JsonObject } from '../json.js'
import { HEALTH_PATH } from '../observe/health.js'
import { answerPage, type Pages } from './pages.js'
import { isNonce, isSameSecret, NONCE_HEADER, proofFor } from '../protocol/challenge.js'

/** The largest request body that is accepted. */
const MAX_BODY_BYTES = 1024 * 1024

/** A connection that has not sent a complete request this long after it began is closed. */
const REQUEST_MS = 10_000

/** Connections that have not sent a complete request yet: beyond this many, the oldest is closed. */
const MAX_WAITING_CONNECTIONS = 256

/** A connection is closed when more than this many requests follow its first one; none of them is answered. */
const MAX_FURTHER_REQUESTS = 8

/** One authenticated request with its body. */
export interface DaemonRequest {
  readonly method: string
  readonly path: string
  /** The JSON body; undefined when there was none. */
  readonly body: unknown
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal
}

/** Answers a request: the returned `json` is sent with the returned `status`. */
export type Handler = (
  asked: DaemonRequest,
) => Promise<{ readonly status: number; readonly json: JsonObject }>

export interface ServerOptions {
  readonly token: string
  readonly pid: number
  readonly instanceId: string
  /** The health reply; the server adds the proof. */
  readonly health: () => JsonObject
  /** Handlers by `METHOD /path`. All require the token. */
  readonly routes: Readonly<Record<string, Handler>>
  /** Serves pages without a token; null for a daemon without pages. */
  readonly pages: Pages | null
  /** Called with 1 when an event stream of a page begins, and with -1 when it has ended. */
  readonly onStream: (change: 1 | -1) => void
  /** Aborted when the daemon begins to leave, which ends its streams. */
  readonly leaving: AbortSignal
  /** Called for every proof that the server gives: a client is about to connect. */
  readonly onProof: () => void
  /** Called with 1 when an authenticated request, or one for a page, begins, and with -1 when it has ended. */
  readonly onRequest: (change: 1 | -1) => void
}

/**
 * Returns the daemon's HTTP server. It checks Host and Origin first, then answers health and pages without a token; for
 * anything else it checks the token, then the route, then the body's size. Every reply closes its connection, so that an
 * idle client does not hold one for long.
 */
export function createDaemonServer(options: ServerOptions): Server {
  const server = createServer({
    connectionsCheckingInterval: 2 ** 31 - 1,
    keepAliveTimeout: 0,
    // Node would refuse a missing Host without an event, even on a pipelined request: `refusalOf` refuses it instead.
    requireHostHeader: false,
  })
  // Otherwise Node would start all pipelined requests at once, and buffer their replies for a single client.
  server.maxRequestsPerSocket = 1
  const waiting = new Set<Socket>()
  const further = new WeakMap<Socket, number>()
  server.on('connection', (socket: Socket) => expectRequest(socket, waiting))
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    if (further.has(message.socket)) return dropFurther(message.socket, further)
    further.set(message.socket, 0)
    void answer(message, response, options).catch(() => fail(response))
  })
  server.on('dropRequest', (_message: IncomingMessage, socket: Socket) => dropFurther(socket, further))
  server.on('clientError', (_error, socket) => socket.destroy())
  return server
}

/** A reply that has already begun cannot be turned into an error reply: it is cut off. */
function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy()
  else reply(response, 500, { error: 'internal' })
}

/**
 * Node keeps the requests that follow the first one, some KiB each, until the first is answered (those of HTTP/1.0 it even
 * starts). A few are ignored, so that the first reply arrives; the connection of a client that sends many is closed.
 */
function dropFurther(socket: Socket, further: WeakMap<Socket, number>): void {
  const count = (further.get(socket) ?? 0) + 1
  further.set(socket, count)
  // On the next tick, so that a reply that is just being written still goes out.
  if (count === MAX_FURTHER_REQUESTS + 1) process.nextTick(() => socket.destroy())
}

/** One timer per connection, from its start to the end of its request: a client that sends slowly gains no time. */
function expectRequest(socket: Socket, waiting: Set<Socket>): void {
  waiting.add(socket)
  const [oldest] = waiting
  if (waiting.size > MAX_WAITING_CONNECTIONS) oldest?.destroy()
  const timer = setTimeout(() => socket.destroy(), REQUEST_MS)
  const isHere = (): void => {
    clearTimeout(timer)
    waiting.delete(socket)
  }
  socket.once('close', isHere)
  socket.once('familiar:request', isHere)
  socket.on('error', () => socket.destroy())
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
): Promise<void> {
  const port = message.socket.localPort ?? 0
  const refusal = refusalOf(message, port)
  if (refusal !== null) return reply(response, refusal.status, { error: refusal.error })
  const path = (message.url ?? '').split('?')[0] ?? ''
  if (path === HEALTH_PATH && message.method === 'GET') {
    message.socket.emit('familiar:request')
    return reply(response, 200, withProof(message, port, options))
  }
  if (options.pages !== null && (await answerPage(message, response, path, options.pages, options))) return
  if (!isAuthorized(message, options.token)) return reply(response, 401, { error: 'invalid_token' })
  const handler = options.routes[`${message.method} ${path}`]
  if (handler === undefined) return reply(response, 404, { error: 'not_found' })
  options.onRequest(1)
  try {
    await handle(message, response, path, handler)
  } finally {
    options.onRequest(-1)
  }
}

async function handle(
  message: IncomingMessage,
  response: ServerResponse,
  path: string,
  handler: Handler,
): Promise<void> {
  const body = await readBody(message)
  message.socket.emit('familiar:request')
  if ('error' in body) return reply(response, body.status, { error: body.error })
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const { status, json } = await handler({
    method: message.method ?? '',
    path,
    body: body.json,
    signal: gone.signal,
  })
  reply(response, status, json)
}

interface Refusal {
  readonly status: number
  readonly error: string
}

/** Refuses DNS rebinding and cross-site requests, before routing, whatever the path. */
function refusalOf(message: IncomingMessage, port: number): Refusal | null {
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`])
  const { origin } = message.headers
  const [host = '', ...others] = message.headersDistinct['host'] ?? []
  if (message.headers.host === undefined && message.httpVersion === '1.1')
    return { status: 400, error: 'no_host' }
  if (!hosts.has(host) || others.length > 0) return { status: 403, error: 'foreign_host' }
  if (origin !== undefined && !hosts.has(origin.replace(/^http:\/\//, ''))) {
    return { status: 403, error: 'foreign_origin' }
  }
  return isFromAnotherPage(message) ? { status: 403, error: 'cross_site' } : null
}

/** A page on another port of this host is `same-site`: it may navigate here, but not load anything from here. */
function isFromAnotherPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  return site === 'cross-site' || (site === 'same-site' && headers['sec-fetch-mode'] !== 'navigate')
}

function isAuthorized(message: IncomingMessage, token: string): boolean {
  const given = /^Bearer (\S+)$/.exec(message.headers.authorization ?? '')?.[1]
  return given !== undefined && isSameSecret(given, token)
}

function withProof(message: IncomingMessage, port: number, options: ServerOptions): JsonObject {
  const nonce = message.headers[NONCE_HEADER]
  if (!isNonce(nonce)) return options.health()
  options.onProof()
  return { ...options.health(), proof: proofFor(nonce, { ...options, port }) }
}

type Body = { readonly json: unknown } | Refusal

async function readBody(message: IncomingMessage): Promise<Body> {
  const length = Number(message.headers['content-length'] ?? 0)
  if (length > MAX_BODY_BYTES) return { status: 413, error: 'too_large' }
  const chunks: Buffer[] = []
  let bytes = 0
  // Without this option, the return below would destroy the connection before the 413 reply is sent.
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return { status: 413, error: 'too_large' }
    chunks.push(chunk)
  }
  if (bytes === 0) return { json: undefined }
  if (!/^application\/json\b/i.test(message.headers['content-type'] ?? '')) {
    return { status: 415, error: 'not_json' }
  }
  try {
    return { json: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown }
  } catch {
    return { status: 400, error: 'invalid_json' }
  }
}

function reply(response: ServerResponse, status: number, json: JsonObject): void {
  if (response.headersSent || response.destroyed) return
  const text = JSON.stringify(json)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  })
  response.end(text)
}
