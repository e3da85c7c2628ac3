import type { IncomingMessage, ServerResponse } from 'node:http'

/** One request for something that needs no token. The path is as it was sent: percent-encoded, without the query. */
export interface PageRequest {
  readonly path: string
}

/** What a page is answered with. The headers are the caller's: nothing is added to them but the length. */
export type PageReply =
  | {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string | Uint8Array
    }
  /** An event stream (`text/event-stream`): open until either side ends it. `open` is called once. */
  | { readonly open: (send: (event: string, data: unknown) => void, closed: AbortSignal) => void }

/** Answers a GET or HEAD request; null: there is no such page. */
export type Pages = (asked: PageRequest) => Promise<PageReply | null>

export interface PageOptions {
  readonly onRequest: (change: 1 | -1) => void
  readonly onStream: (change: 1 | -1) => void
  readonly leaving: AbortSignal
}

/** Browsers open at most six connections to one origin; this is for many windows, and not for a flood. */
const MAX_STREAMS = 64

/** A reply must be taken this long after it was begun: what nobody reads is not kept. */
const REPLY_MS = 10_000

/** What a reader that does not read may pile up before its stream is ended; it reads everything again when it is back. */
const MAX_BEHIND_BYTES = 256 * 1024

const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
} as const

let streams = 0

/** Answers a request that needs no token, where there is such a page. Returns whether it did. */
export async function answerPage(
  message: IncomingMessage,
  response: ServerResponse,
  path: string,
  pages: Pages,
  options: PageOptions,
): Promise<boolean> {
  if (message.method !== 'GET' && message.method !== 'HEAD') return false
  const isHead = message.method === 'HEAD'
  options.onRequest(1)
  message.socket.emit('familiar:request')
  try {
    const page = await pages({ path })
    if (page === null) return false
    // A connection of which something was not read does not tell that its client is gone.
    message.resume()
    if (!('open' in page)) send(response, page, isHead)
    else if (isHead) response.writeHead(200, { ...STREAM_HEADERS, connection: 'close' }).end()
    else openStream(response, page.open, options)
    return true
  } finally {
    options.onRequest(-1)
  }
}

function send(response: ServerResponse, page: Exclude<PageReply, { open: unknown }>, isHead: boolean): void {
  if (response.destroyed) return
  const length = typeof page.body === 'string' ? Buffer.byteLength(page.body) : page.body.length
  response.writeHead(page.status, { ...page.headers, 'content-length': length, connection: 'close' })
  response.end(isHead ? undefined : page.body)
  const timer = setTimeout(() => response.destroy(), REPLY_MS)
  response.once('close', () => clearTimeout(timer))
}

function openStream(
  response: ServerResponse,
  open: Extract<PageReply, { open: unknown }>['open'],
  { onStream, leaving }: PageOptions,
): void {
  if (response.destroyed || leaving.aborted) return void response.destroy()
  if (streams >= MAX_STREAMS) {
    response.writeHead(503, { connection: 'close' }).end()
    return
  }
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
