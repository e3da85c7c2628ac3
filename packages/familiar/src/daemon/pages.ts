import type { IncomingMessage, ServerResponse } from 'node:http'
import { REFUSED_HEADER } from '../protocol/refused.js'
import { requestIsComplete } from './connection-limits.js'
import { takePlace, takeStreamPlace, writeToStream, type PublicOptions } from './reply-and-stream-limits.js'
import { isRead } from './request-rules.js'
import { cutOffIsFreed, sendBody } from './send-body.js'

/** A request for a page. It needs no token. */
export interface PageRequest {
  /** The path as the client sent it: percent-encoded, without the query. */
  readonly path: string
  /** The part of the URL after the `?`, as the client sent it; empty if there is none. */
  readonly query: string
  readonly headers: IncomingMessage['headers']
  /** Aborted when the client disconnects, so that work that has not begun can be skipped. */
  readonly signal: AbortSignal
  /**
   * Returns whether the path of the scope no longer leads to the directory that the daemon was started for, because it
   * was moved, removed or replaced. The daemon is then about to exit, and files at that path do not belong to its scope.
   */
  readonly isScopeGone: () => boolean
}

/**
 * The reply to a page request. Only `content-length` and `connection` are added to the given headers. With status 304,
 * the body is not sent.
 */
export type PageReply =
  | {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string | Uint8Array
    }
  /**
   * An event stream (`text/event-stream`), which stays open until either side ends it. `open` is called once. The `id` of
   * an event must be one line.
   */
  | {
      readonly open: (send: (event: string, data: unknown, id?: string) => void, closed: AbortSignal) => void
    }

/**
 * Answers a GET or HEAD request; null if there is no such page. Any local process can cause up to 256 calls at once, so
 * an implementation must limit how many of them use much memory at the same time.
 */
export type Pages = (asked: PageRequest) => Promise<PageReply | null>

const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** Answers a request for a page, which needs no token. Returns false, without an answer, if there is no such page. */
export async function answerPage(
  message: IncomingMessage,
  response: ServerResponse,
  path: string,
  pages: Pages,
  options: PublicOptions & Pick<PageRequest, 'isScopeGone'>,
): Promise<boolean> {
  if (!isRead(message)) return false
  const isHead = message.method === 'HEAD'
  requestIsComplete(message.socket)
  const leavePlace = takePlace(response, options)
  if (leavePlace === null) return true
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    await cutOffIsFreed()
    if (response.destroyed) return true
    const { headers, url = '' } = message
    const query = url.slice(path.length + 1)
    const { isScopeGone } = options
    const page = await pages({ path, query, headers, signal: gone.signal, isScopeGone })
    if (page === null) return false
    // The rest of the request must be read, because a connection with unread data does not report that its client has
    // disconnected.
    message.resume()
    if (!('open' in page)) send(response, page, isHead)
    else if (isHead) response.writeHead(200, { ...STREAM_HEADERS, connection: 'close' }).end()
    else openStream(response, page.open, options)
    return true
  } finally {
    leavePlace()
  }
}

function send(response: ServerResponse, page: Exclude<PageReply, { open: unknown }>, isHead: boolean): void {
  if (response.destroyed) return
  const headers = Object.fromEntries(Object.entries(page.headers).filter(([name]) => !isRefused(name)))
  if (page.status === 304) return void response.writeHead(304, { ...headers, connection: 'close' }).end()
  const body = typeof page.body === 'string' ? Buffer.from(page.body) : page.body
  response.writeHead(page.status, { ...headers, 'content-length': body.length, connection: 'close' })
  if (isHead) response.end()
  else sendBody(response, body)
}

/** Returns whether this is the header with which only the daemon itself refuses a request. */
function isRefused(name: string): boolean {
  return name.toLowerCase() === REFUSED_HEADER
}

function openStream(
  response: ServerResponse,
  open: Extract<PageReply, { open: unknown }>['open'],
  options: PublicOptions,
): void {
  const closed = new AbortController()
  if (!takeStreamPlace(response, options)) return
  const end = (): void => void response.end()
  options.leaving.addEventListener('abort', end)
  response.once('close', () => {
    options.leaving.removeEventListener('abort', end)
    closed.abort()
  })
  response.writeHead(200, STREAM_HEADERS)
  response.flushHeaders()
  open((event, data, id) => {
    const named = id === undefined ? '' : `id: ${id}\n`
    writeToStream(response, `${named}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }, closed.signal)
}
