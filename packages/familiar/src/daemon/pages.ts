import type { IncomingMessage, ServerResponse } from 'node:http'
import { cutOffIsFreed, sendBody } from './unsent.js'

/** One request that needs no token. */
export interface PageRequest {
  /** The path as the client sent it: percent-encoded, without the query. */
  readonly path: string
  /** Aborted when the client disconnects: work for it that has not begun can be skipped. */
  readonly signal: AbortSignal
}

/** The reply to a page request. Only `content-length` and `connection` are added to the given headers. */
export type PageReply =
  | {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string | Uint8Array
    }
  /** An event stream (`text/event-stream`): stays open until either side ends it. `open` is called once. */
  | { readonly open: (send: (event: string, data: unknown) => void, closed: AbortSignal) => void }

/**
 * Answers a GET or HEAD request; null when there is no such page. Any local process can cause up to 256 calls at once, so
 * do what needs much memory for only a few of them at a time.
 */
export type Pages = (asked: PageRequest) => Promise<PageReply | null>

export interface PageOptions {
  readonly onRequest: (change: 1 | -1) => void
  readonly onStream: (change: 1 | -1) => void
  readonly leaving: AbortSignal
}

/** Browsers open at most six connections to one origin: enough for many windows, but not for a flood. */
const MAX_STREAMS = 64

/** The most replies in preparation: each holds a connection and some KiB. Browsers ask for far fewer at once. */
const MAX_ASKED = 256

/** The most unsent data of a slow reader before its stream is ended; it gets everything again when it reconnects. */
const MAX_BEHIND_BYTES = 256 * 1024

const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
} as const

let asked = 0
let streams = 0

/** Answers a request for a page, which needs no token. Returns false, without an answer, if there is no such page. */
export async function answerPage(
  message: IncomingMessage,
  response: ServerResponse,
  path: string,
  pages: Pages,
  options: PageOptions,
): Promise<boolean> {
  if (message.method !== 'GET' && message.method !== 'HEAD') return false
  const isHead = message.method === 'HEAD'
  message.socket.emit('familiar:request')
  if (asked >= MAX_ASKED) return refuse(response)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  asked += 1
  options.onRequest(1)
  try {
    await cutOffIsFreed()
    if (response.destroyed) return true
    const page = await pages({ path, signal: gone.signal })
    if (page === null) return false
    // Read the rest of the request: a connection with unread data does not report that its client has disconnected.
    message.resume()
    if (!('open' in page)) send(response, page, isHead)
    else if (isHead) response.writeHead(200, { ...STREAM_HEADERS, connection: 'close' }).end()
    else openStream(response, page.open, options)
    return true
  } finally {
    asked -= 1
    options.onRequest(-1)
  }
}

/** Too many at once: the client may retry after a second. */
function refuse(response: ServerResponse): true {
  response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end()
  return true
}

function send(response: ServerResponse, page: Exclude<PageReply, { open: unknown }>, isHead: boolean): void {
  if (response.destroyed) return
  const body = typeof page.body === 'string' ? Buffer.from(page.body) : page.body
  response.writeHead(page.status, { ...page.headers, 'content-length': body.length, connection: 'close' })
  if (isHead) response.end()
  else sendBody(response, body)
}

function openStream(
  response: ServerResponse,
  open: Extract<PageReply, { open: unknown }>['open'],
  { onStream, leaving }: PageOptions,
): void {
  if (response.destroyed || leaving.aborted) return void response.destroy()
  if (streams >= MAX_STREAMS) return void refuse(response)
  streams += 1
  onStream(1)
  const closed = new AbortController()
  const end = (): void => void response.end()
  leaving.addEventListener('abort', end)
  response.once('close', () => {
    streams -= 1
    onStream(-1)
    leaving.removeEventListener('abort', end)
    closed.abort()
  })
  response.writeHead(200, STREAM_HEADERS)
  response.flushHeaders()
  open((event, data) => {
    if (response.writableEnded || response.destroyed) return
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    if (response.writableLength > MAX_BEHIND_BYTES) response.destroy()
  }, closed.signal)
}
