import type { IncomingMessage, ServerResponse } from 'node:http'
import { DISPOSE } from '../dispose.js'
import { isPartMissing } from '../part-missing.js'
import { logFailure, type Log } from './log.js'
import { refuseBody } from './json-reply.js'
import { toRequest, type Incoming } from './web-request.js'
import { atPaceOf, sendResponse, type Delivery } from './web-response.js'

/**
 * Answers a web-standard request with a web-standard response. The body of the request arrives as fast as it is read, and
 * the body of the response is read as fast as the client receives it. If the handler throws, or its result is not a
 * `Response`, the client gets status 500. If the body of the response fails after its head was sent, the connection is
 * cut off. Both are logged, with one exception: after the signal was aborted, the reason of the signal, or the
 * `AbortError` of a function that got the signal, is not a failure. If the daemon is shutting down, or a module was
 * removed or replaced on disk, and the head of the response was not sent yet, the client gets status 503. A `fetch` of the
 * library takes that as the end of the connection: it asks the next daemon, or rejects (`FetchInit.retry`).
 */
export type Handler = (request: Request, context: HandlerContext) => Response | Promise<Response>

/** What the daemon offers to the handler of a request. */
export interface HandlerContext {
  /** Aborted when the client disconnects before it has the whole reply, and when the daemon begins to shut down. */
  readonly signal: AbortSignal
  /** The daemon's log. */
  readonly log: Pick<Log, 'write'>
  /**
   * Keeps the daemon running until the result is disposed: it does not exit for being idle or because its installation
   * has changed. If it is told to shut down, it waits for the disposal, but no longer than the drain time.
   */
  hold(): Disposable
}

/** One request that a handler answers, and what the daemon provides for it. */
export interface Exchange {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  /** The maximum size of the request's body in bytes; null if the handler gets no body. */
  readonly maxBodyBytes: number | null
  /** Aborted when the daemon begins to shut down. */
  readonly leaving: AbortSignal
  readonly log: Pick<Log, 'write'>
  /** Called with 1 when `hold` is called, and with -1 when its result is disposed. */
  readonly onRequest: (change: 1 | -1) => void
}

/**
 * Requests that are being answered. The request aborts its own signal, so it must not be garbage-collected while its
 * handler keeps only the signal.
 */
const answering = new Set<Incoming>()

/**
 * Lets the handler answer, and sends its response. Resolves when the reply is sent or its connection is closed. `deliver`
 * returns how to send the response.
 */
export async function answerByHandler(
  handler: Handler,
  exchange: Exchange,
  deliver: (headers: Headers) => Delivery | null = () => atPaceOf(exchange.response),
): Promise<void> {
  const { message, response, log } = exchange
  if (response.destroyed) return
  const closed = new Promise<void>((resolve) => void response.once('close', resolve))
  const aborting = followClient(exchange)
  const { signal } = aborting
  let isRefused = false
  let incoming: Incoming | null = null
  try {
    incoming = toRequest(message, signal, exchange.maxBodyBytes, (error) => {
      isRefused = refuseBody(message, response, { status: 413, error: 'too_large' })
      aborting.abort(error)
    })
    answering.add(incoming)
    const answer: unknown = await handler(incoming.request, { signal, log, hold: () => hold(exchange) })
    await sendResponse(answer, message, response, deliver)
  } catch (error) {
    if (!isRefused) fail(error, exchange, signal)
  }
  incoming?.drop()
  await closed
  if (incoming !== null) answering.delete(incoming)
}

/**
 * Returns a controller that is aborted when the client disconnects too early, and when the daemon begins to shut down.
 */
function followClient({ response, leaving }: Exchange): AbortController {
  const aborting = new AbortController()
  const leave = (): void => aborting.abort(leaving.reason)
  leaving.addEventListener('abort', leave)
  if (leaving.aborted) leave()
  response.once('close', () => {
    leaving.removeEventListener('abort', leave)
    if (!response.writableFinished) {
      aborting.abort(new DOMException('the client has disconnected', 'AbortError'))
    }
  })
  return aborting
}

function hold({ onRequest }: Exchange): Disposable {
  let isHeld = true
  onRequest(1)
  return {
    [DISPOSE]: () => {
      if (isHeld) onRequest(-1)
      isHeld = false
    },
  }
}

/**
 * An error caused by the client's disconnect or the daemon's shutdown is not a failure of the handler, so it is not
 * logged.
 */
function fail(error: unknown, { message, response, log, leaving }: Exchange, signal: AbortSignal): void {
  const isAborted = signal.aborted && isAbort(error, signal.reason)
  const giveUp = (why: string): void =>
    void refuseBody(message, response, { status: 503, error: why, refused: 'maybe_begun' })
  if (!isAborted) logFailure(log, 'handler_failed', message, error)
  if (response.headersSent) response.destroy()
  else if (leaving.aborted && isAborted) giveUp('stopping')
  // The daemon's package was replaced or removed. This daemon will exit soon, and the next one can answer.
  else if (isPartMissing(error)) giveUp('installation_changed')
  else refuseBody(message, response, { status: 500, error: 'internal' })
}

/** When its signal is aborted, a function of Node throws an `AbortError`, whose cause is the reason of the signal. */
function isAbort(error: unknown, reason: unknown): boolean {
  if (error === reason) return true
  if (!(error instanceof Error)) return false
  return error.name === 'AbortError' || (error.cause !== undefined && isAbort(error.cause, reason))
}
