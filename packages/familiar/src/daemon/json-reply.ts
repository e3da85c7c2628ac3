import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { JsonObject } from '../json.js'
import { REFUSED_HEADER, type Refused } from '../protocol/refused.js'

/** How long the rest of a request is read and discarded after its reply, so that the client can read the reply. */
const LINGER_MS = 2_000

const HEAD = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const

const REASONS = {
  400: 'Bad Request',
  431: 'Request Header Fields Too Large',
  405: 'Method Not Allowed',
} as const

/** A reply that only says why the request was rejected. */
export interface Refusal {
  readonly status: number
  readonly error: string
  /** Given if the daemon would have answered but for its own state, so that the client can ask the next daemon. */
  readonly refused?: Refused
}

/**
 * Sends a JSON reply, unless a reply has already begun. Then closes the connection, unless `connection` is
 * `'keep-alive'`.
 */
export function reply(
  response: ServerResponse,
  status: number,
  json: JsonObject,
  connection: 'close' | 'keep-alive' = 'close',
): void {
  if (response.headersSent || response.destroyed) return
  response.end(writeJson(response, status, json, connection))
}

/** Rejects a request whose body the client may still be sending. Returns false if a reply has begun. */
export function refuseBody(message: IncomingMessage, response: ServerResponse, refusal: Refusal): boolean {
  if (response.headersSent || response.destroyed) return false
  if (refusal.refused !== undefined) response.setHeader(REFUSED_HEADER, refusal.refused)
  response.write(writeJson(response, refusal.status, { error: refusal.error }, 'close'))
  endReply(message, response)
  return true
}

/**
 * Ends a reply. If the client is still sending its request, first reads the rest and discards it, for at most 2 s.
 * Otherwise the kernel would reset the connection because of its unread data, and the client might lose the reply.
 */
export function endReply(message: IncomingMessage, response: ServerResponse): void {
  if (response.destroyed) return
  if (message.complete) return void response.end()
  const end = (): void => {
    clearTimeout(timer)
    message.off('end', end)
    response.off('close', end)
    if (!response.destroyed) response.end()
  }
  const timer = setTimeout(end, LINGER_MS)
  message.once('end', end)
  response.once('close', end)
  message.resume()
}

/** Sends `100 Continue` if the client waits for it before sending the body. */
export function askForBody({ httpVersion, headers }: IncomingMessage, response: ServerResponse): void {
  if (httpVersion === '1.1' && /^100-continue$/i.test(headers.expect ?? '')) response.writeContinue()
}

/** Sends an error reply on a connection for which Node provides no response object, and closes the connection. */
export function refuseOnSocket(socket: Socket, status: keyof typeof REASONS, error: string): void {
  const text = JSON.stringify({ error })
  const headers = { ...HEAD, 'content-length': Buffer.byteLength(text), connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${status} ${REASONS[status]}\r\n${lines.join('')}\r\n${text}`)
  socket.destroySoon()
}

/** Writes the head of the reply, and returns its body. */
function writeJson(response: ServerResponse, status: number, json: JsonObject, connection: string): string {
  const text = JSON.stringify(json)
  response.writeHead(status, { ...HEAD, 'content-length': Buffer.byteLength(text), connection })
  return text
}
