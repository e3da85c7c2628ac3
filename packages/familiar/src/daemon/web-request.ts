import type { IncomingMessage } from 'node:http'
import { hasBody, isRead } from './request-rules.js'

/** A request as a handler receives it. */
export interface Incoming {
  readonly request: Request
  /** Makes the body fail, and reads and discards the rest of it. Called when the reply is complete. */
  readonly drop: () => void
}

type Body = Pick<Incoming, 'drop'> & { readonly stream: ReadableStream<Uint8Array> }

type Controller = ReadableStreamDefaultController<Uint8Array>

/**
 * Returns the request with its body as a stream that arrives as fast as it is read. The caller must have checked the Host
 * and the target. A body of more than `maxBodyBytes` fails at the limit, and `onTooLarge` is called with its error.
 */
export function toRequest(
  message: IncomingMessage,
  signal: AbortSignal,
  maxBodyBytes: number | null,
  onTooLarge: (error: Error) => void,
): Incoming {
  const url = `http://${message.headers.host}${message.url}`
  const init = { method: message.method ?? '', headers: headersOf(message), signal }
  if (maxBodyBytes === null || isRead(message) || !hasBody(message)) {
    // The rest must be read and discarded, because a connection with unread data does not report that its client has
    // disconnected.
    message.resume()
    return { request: new Request(url, init), drop: () => undefined }
  }
  const { stream, drop } = bodyOf(message, signal, maxBodyBytes, onTooLarge)
  return { request: new Request(url, { ...init, body: stream, duplex: 'half' }), drop }
}

/** The daemon's token is removed from the headers, because a handler may write headers to a log. */
function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  }
  headers.delete('authorization')
  return headers
}

function bodyOf(
  message: IncomingMessage,
  signal: AbortSignal,
  maxBytes: number,
  onTooLarge: (error: Error) => void,
): Body {
  let bytes = 0
  let open: Controller | null = null
  const fail = (error: unknown): void => {
    open?.error(error)
    open = null
  }
  const receive = (chunk: Buffer): void => {
    if (open === null) return
    bytes += chunk.length
    if (bytes > maxBytes) {
      const error = new Error(`the body has more than ${maxBytes} bytes`)
      fail(error)
      return onTooLarge(error)
    }
    message.pause()
    open.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))
  }
  const drop = (): void => {
    fail(signal.reason ?? new Error('the reply has ended'))
    message.resume()
  }
  const start = (controller: Controller): void => {
    open = controller
    message.pause()
    message.on('data', receive)
    message.once('end', () => {
      open?.close()
      open = null
    })
    message.on('error', () => undefined)
    message.once('close', drop)
  }
  const cancel = (): void => {
    open = null
    message.resume()
  }
  const pull = (): void => void message.resume()
  return { stream: new ReadableStream({ start, pull, cancel }, { highWaterMark: 0 }), drop }
}
