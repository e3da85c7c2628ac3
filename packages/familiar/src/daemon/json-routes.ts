import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JsonObject } from '../json.js'
import { requestIsComplete } from './connection-limits.js'
import { askForBody, reply, type Refusal } from './json-reply.js'
import { announcedBytes, MAX_ROUTE_BODY_BYTES } from './request-rules.js'
import type { StartGate } from './start-gate.js'

/** One authenticated request with its body. */
export interface DaemonRequest {
  readonly method: string
  readonly path: string
  /** The JSON body; undefined if there was none. */
  readonly body: unknown
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal
}

/** Answers a request for its route. The returned `json` is sent with the returned `status`. */
export type RouteHandler = (
  asked: DaemonRequest,
) => Promise<{ readonly status: number; readonly json: JsonObject }>

/**
 * Reads the whole JSON body, waits until the daemon can carry out the request (`gate`), lets the handler of the route
 * answer, and sends its reply.
 */
export async function answerRoute(
  message: IncomingMessage,
  response: ServerResponse,
  path: string,
  handler: RouteHandler,
  gate: StartGate | null = null,
): Promise<void> {
  const body = await readBody(message, response)
  requestIsComplete(message.socket)
  if ('error' in body) return reply(response, body.status, { error: body.error })
  if (gate !== null && !(await gate.enter(message, response))) return
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

type Body = { readonly json: unknown } | Refusal

async function readBody(message: IncomingMessage, response: ServerResponse): Promise<Body> {
  if (announcedBytes(message.headers) > MAX_ROUTE_BODY_BYTES) return { status: 413, error: 'too_large' }
  askForBody(message, response)
  const chunks: Buffer[] = []
  let bytes = 0
  // Without `destroyOnReturn: false`, the `return` below would destroy the connection before the 413 reply is sent.
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_ROUTE_BODY_BYTES) return { status: 413, error: 'too_large' }
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
