import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { REFUSED_HEADER } from '../protocol/refused.js'
import { endReply } from './json-reply.js'

/** How the body of a response is sent. */
export interface Delivery {
  /** Sends a chunk. Resolves when the client is ready for the next one, or the connection is closed. */
  readonly send: (chunk: Uint8Array) => Promise<void>
  /** Aborting this signal ends the response. Whatever the handler has not produced by then is not sent. */
  readonly until?: AbortSignal
}

/** Headers that describe the connection, or what the daemon itself says. Only the server may set them. */
const SERVER_HEADERS = [
  REFUSED_HEADER,
  'connection',
  'keep-alive',
  'proxy-connection',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/**
 * Sends the response of a handler. If the connection is closed before the body has ended, cancels the body. Throws the
 * error with which the body fails, or an error if the response cannot be sent. `deliver` may change the headers, and
 * returns how to send the body; it returns null if it has already sent another reply.
 */
export async function sendResponse(
  answer: unknown,
  message: IncomingMessage,
  response: ServerResponse,
  deliver: (headers: Headers) => Delivery | null,
): Promise<void> {
  assertResponse(answer)
  const { status, statusText, body } = answer
  if (response.destroyed || response.headersSent) return cancel(body)
  const headers = headersOf(answer)
  const delivery = deliver(headers)
  if (delivery === null) return cancel(body)
  const isHead = message.method === 'HEAD'
  if (body === null && !isHead && status !== 304) headers.set('content-length', '0')
  if (status === 204) headers.delete('content-length')
  const writeHead = (): void => {
    response.writeHead(status, ...(statusText === '' ? [] : [statusText]), [...headers].flat())
  }
  if (body !== null && !isHead) {
    await sendBody(body, response, assertingLength(delivery, headers), writeHead)
  } else {
    writeHead()
    cancel(body)
  }
  endReply(message, response)
}

/** Throws unless the value is a response, of Node's class or of a package's. */
function assertResponse(answer: unknown): asserts answer is Response {
  const { status, headers, body } = (answer ?? {}) as Partial<Response>
  const hasBody = body === null || typeof body?.getReader === 'function'
  if (typeof status !== 'number' || typeof headers !== 'object' || !hasBody) {
    throw new TypeError(`the handler answered with ${kindOf(answer)}, which is not a Response`)
  }
  if (status < 200 || status > 599) throw new RangeError(`a response of status ${status} cannot be sent`)
}

function kindOf(answer: unknown): string {
  if (typeof answer !== 'object') return typeof answer
  return answer === null ? 'null' : Object.prototype.toString.call(answer)
}

function headersOf(answer: Response): Headers {
  const headers = new Headers(answer.headers)
  for (const name of SERVER_HEADERS) headers.delete(name)
  if (!/^\d+$/.test(headers.get('content-length') ?? '')) headers.delete('content-length')
  return headers
}

/** Sends the chunks of a body, and learns when the body has ended. */
interface Sending extends Delivery {
  readonly end: () => void
}

/** Checks the Content-Length. If it is wrong, the client fails, and the author of the handler would not learn why. */
function assertingLength(delivery: Delivery, headers: Headers): Sending {
  const announced = headers.get('content-length')
  let bytes = 0
  const assert = (isRight: boolean): void => {
    if (!isRight) throw new RangeError(`the response has not the length that it announces: ${announced}`)
  }
  return {
    ...delivery,
    send: async (chunk) => {
      bytes += chunk.length
      assert(announced === null || bytes <= Number(announced))
      await delivery.send(chunk)
    },
    end: () => assert(announced === null || bytes === Number(announced) || delivery.until?.aborted === true),
  }
}

/** If the body fails before the next turn of the event loop, the head is not sent yet, so the client can still get status 500. */
async function sendBody(
  body: ReadableStream<Uint8Array>,
  response: ServerResponse,
  { send, end, until }: Sending,
  writeHead: () => void,
): Promise<void> {
  const isBytes = isByteStream(body)
  const reader = body.getReader()
  let next = reader.read()
  const stop = (): void => cancelReading(reader, isBytes ? next : null)
  response.once('close', stop)
  until?.addEventListener('abort', stop)
  try {
    const isLate = await Promise.race([next.then(() => false), nextTurn(true)])
    writeHead()
    if (isLate) response.flushHeaders()
    for (let chunk = await next; !chunk.done && !response.destroyed; chunk = await next) {
      await send(bytesOf(chunk.value))
      next = reader.read()
    }
    if (!response.destroyed) end()
  } catch (error) {
    stop()
    throw error
  } finally {
    until?.removeEventListener('abort', stop)
  }
}

/**
 * Node turns an iterable body into a byte stream. On some versions, if that stream is cancelled during a pending read,
 * its end throws an error that cannot be caught (`ERR_INVALID_STATE`) and would end the daemon. So such a body is
 * cancelled only after its pending read.
 */
function cancelReading(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  pending: Promise<unknown> | null,
): void {
  const cancel = (): void => void reader.cancel().catch(() => undefined)
  if (pending === null) cancel()
  else pending.then(cancel, cancel)
}

function isByteStream(body: ReadableStream<Uint8Array>): boolean {
  try {
    body.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    return false
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw new TypeError('the body of the response has a chunk that is not a Uint8Array')
}

function cancel(body: ReadableStream | null): void {
  body?.cancel().catch(() => undefined)
}

/** Returns a delivery that asks for the next chunk when the client has received the last one. */
export function atPaceOf(response: ServerResponse): Delivery {
  return {
    send: async (chunk) => {
      if (response.write(chunk) || response.destroyed) return
      await new Promise<void>((resolve) => {
        const goOn = (): void => {
          response.off('drain', goOn)
          response.off('close', goOn)
          resolve()
        }
        response.once('drain', goOn)
        response.once('close', goOn)
      })
    },
  }
}
