import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { SHUTDOWN_PATH } from '../act/request-shutdown.js'
import type { JsonObject } from '../json.js'
import { HEALTH_PATH } from '../observe/probe-health.js'
import { isNonce, NONCE_HEADER, proofFor } from '../protocol/challenge.js'
import { createConnections, requestIsComplete, type Connections } from './connection-limits.js'
import { answerRoute, type RouteHandler } from './json-routes.js'
import { logFailure, type Log } from './log.js'
import { answerPage, type Pages } from './pages.js'
import { askForBody, refuseBody, refuseOnSocket, reply } from './json-reply.js'
import { announcedBytes, hasBody, isAuthorized, isRead, refusalOf } from './request-rules.js'
import type { StartGate } from './start-gate.js'
import type { Handler } from './web-handler.js'

export interface ServerOptions {
  readonly token: string
  readonly pid: number
  readonly instanceId: string
  /** Returns the health reply; the server adds the proof. */
  readonly health: () => JsonObject
  /** Returns whether the directory of the scope is no longer at its path. */
  readonly isScopeGone: () => boolean
  /** Handlers by `METHOD /path`. All require the token. */
  readonly routes: Readonly<Record<string, RouteHandler>>
  /** Serves pages without a token; null for a daemon without pages. */
  readonly pages: Pages | null
  /** Answers requests for which there is no route. They require the token. */
  readonly handler: Handler | null
  /** Answers GET and HEAD requests without a valid token. */
  readonly publicHandler: Handler | null
  /** The maximum size of a request body for `handler`, in bytes. */
  readonly maxBodyBytes: number
  readonly log: Log
  /** Holds back the requests for routes and handlers, except the one to shut down. */
  readonly gate: StartGate
  /** Called with 1 when an event stream of a page begins, and with -1 when it has ended. */
  readonly onStream: (change: 1 | -1) => void
  /** Aborted when the daemon begins to shut down; this ends its event streams. */
  readonly leaving: AbortSignal
  /** Called for every proof that the server sends. The client that asked for it will soon send a request. */
  readonly onProof: () => void
  /** Called with 1 when an authenticated request, or one for a page, begins, and with -1 when it has ended. */
  readonly onRequest: (change: 1 | -1) => void
}

export interface DaemonServer {
  readonly server: Server
  /**
   * Stops accepting connections. (Node's own `close` would also destroy a connection whose client has its proof and is
   * just sending its request. That client could not tell whether the request was received.)
   */
  readonly stopListening: () => void
  /** Returns the number of clients that have just received a proof and are about to send a request on the same connection. */
  readonly promised: () => number
}

/**
 * Returns the daemon's HTTP server. It first checks Host, Origin and target, then answers health and pages without a
 * token. For all other requests it checks the token, then the route, then the size of the body. Every reply closes its
 * connection, so that idle clients do not occupy connections. The only exception is a health reply with a proof, if the
 * client asks to keep the connection open (`Connection: keep-alive`): one further request may follow, so that a client
 * sends its token on the same connection that was proven.
 */
export function createDaemonServer(options: ServerOptions): DaemonServer {
  // Not imported: on Node 22 and later, an `import` of `node:http` would also load the classes for Request and Response.
  const server = process.getBuiltinModule('node:http').createServer({
    // Node's own time limits would wake an idle daemon; `connection-limits.ts` has ours.
    connectionsCheckingInterval: 2 ** 31 - 1,
    keepAliveTimeout: 0,
    // By default, Node rejects a request without a Host header, even a pipelined one, before we see it. `refusalOf`
    // rejects it instead.
    requireHostHeader: false,
  })
  const connections = createConnections()
  const onRequest = (message: IncomingMessage, response: ServerResponse): void => {
    response.shouldKeepAlive = false
    if (!connections.admit(message.socket)) return
    void answer(message, response, options, connections).catch((error: unknown) => {
      logFailure(options.log, 'request_failed', message, error)
      fail(response)
    })
  }
  server.on('connection', connections.open)
  server.on('request', onRequest)
  // Without these listeners, Node would answer such requests itself at once, including those that must not be answered.
  server.on('checkContinue', onRequest)
  server.on('checkExpectation', onRequest)
  server.on('connect', (_message: IncomingMessage, socket: Socket) => {
    if (connections.admit(socket)) refuseOnSocket(socket, 405, 'method_not_allowed')
    else socket.destroy()
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const isTooLong = error.code === 'HPE_HEADER_OVERFLOW'
    if (socket.writable && connections.isFree(socket) && connections.admit(socket))
      refuseOnSocket(socket, isTooLong ? 431 : 400, isTooLong ? 'head_too_large' : 'malformed')
    else socket.destroy()
  })
  return {
    server,
    stopListening: () => void NetServer.prototype.close.call(server),
    promised: () => connections.kept(),
  }
}

/**
 * Loads the modules that answer requests for a handler before the daemon is ready, because the package may be replaced on
 * disk later. Node's own classes, which take more memory, are loaded by the first request.
 */
export async function loadHandlers(): Promise<void> {
  await Promise.all([import('./web-handler.js'), import('./public-handler.js')])
}

/** A reply that has already begun cannot be turned into an error reply, so its connection is closed. */
function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy()
  else reply(response, 500, { error: 'internal' })
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
  connections: Connections,
): Promise<void> {
  const path = (message.url ?? '').split('?')[0] ?? ''
  const port = message.socket.localPort ?? 0
  const mayBePage = options.pages !== null && isRead(message) && path !== HEALTH_PATH
  const refusal = refusalOf(message, port, mayBePage)
  if (refusal !== null) return reply(response, refusal.status, { error: refusal.error })
  if (path === HEALTH_PATH && message.method === 'GET') {
    return answerHealth(message, response, options, connections)
  }
  if (options.pages !== null && (await answerPage(message, response, path, options.pages, options))) return
  const refusalOfRest = mayBePage ? refusalOf(message, port, false) : null
  if (refusalOfRest !== null) return reply(response, refusalOfRest.status, { error: refusalOfRest.error })
  const route = options.routes[`${message.method} ${path}`]
  const isForHandler = route === undefined && path !== HEALTH_PATH && path !== SHUTDOWN_PATH
  if (!isAuthorized(message, options.token)) {
    if (options.publicHandler === null || !isForHandler || !isRead(message))
      return reply(response, 401, { error: 'invalid_token' })
    return answerUnauthorized(message, response, options.publicHandler, options)
  }
  if (route === undefined && (options.handler === null || !isForHandler))
    return reply(response, 404, { error: 'not_found' })
  options.onRequest(1)
  try {
    if (route !== undefined)
      await answerRoute(message, response, path, route, path === SHUTDOWN_PATH ? null : options.gate)
    else if (options.handler !== null) await answerAuthorized(message, response, options.handler, options)
  } finally {
    options.onRequest(-1)
  }
}

function answerHealth(
  message: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
  connections: Connections,
): void {
  requestIsComplete(message.socket)
  const nonce = message.headers[NONCE_HEADER]
  if (!isNonce(nonce)) return reply(response, 200, options.health())
  options.onProof()
  const port = message.socket.localPort ?? 0
  const json = { ...options.health(), proof: proofFor(nonce, { ...options, port }) }
  const isKept = wantsToGoOn(message) && connections.keep(message, response)
  reply(response, 200, json, isKept ? 'keep-alive' : 'close')
}

/**
 * In HTTP/1.1 a connection stays open even without this header, but only a client that sends the header uses the
 * connection again.
 */
function wantsToGoOn(message: IncomingMessage): boolean {
  const { httpVersion, headers } = message
  return httpVersion === '1.1' && /^\s*keep-alive\s*$/i.test(headers.connection ?? '') && !hasBody(message)
}

/**
 * Lets the handler answer. The client is trusted, so its request has no time limit and arrives as fast as the handler
 * reads it. Node's classes for Request and Response (about 30 ms, 7 to 13 MB) are loaded by the first request.
 */
async function answerAuthorized(
  message: IncomingMessage,
  response: ServerResponse,
  handler: Handler,
  options: ServerOptions,
): Promise<void> {
  requestIsComplete(message.socket)
  if (announcedBytes(message.headers) > options.maxBodyBytes) {
    return void refuseBody(message, response, { status: 413, error: 'too_large' })
  }
  if (!(await options.gate.enter(message, response))) return
  askForBody(message, response)
  const { answerByHandler } = await import('./web-handler.js')
  await answerByHandler(handler, { ...options, message, response })
}

async function answerUnauthorized(
  message: IncomingMessage,
  response: ServerResponse,
  handler: Handler,
  options: ServerOptions,
): Promise<void> {
  requestIsComplete(message.socket)
  const { answerPublicly } = await import('./public-handler.js')
  await answerPublicly(handler, { ...options, message, response, maxBodyBytes: null }, options)
}
