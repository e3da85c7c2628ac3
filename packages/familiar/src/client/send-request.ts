import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { asLack, type FamiliarError } from '../errors.js'
import type { Family } from '../family.js'
import { afterSteps, isNoWay } from '../observe/http.js'
import type { DaemonRecord } from '../protocol/record.js'
import { REFUSED_HEADER, refusedOf, type Refused } from '../protocol/refused.js'
import { cutOff, givenUp, interrupted, noReply, notBegun, notSent } from './fetch-errors.js'
import type { Outgoing } from './fetch-init.js'
import { replyOf, type Reply, type ReplyConnection } from './fetch-reply.js'

/**
 * Returns Node's HTTP client. It is loaded while the daemon answers, because loading takes 4 to 6 ms. An `import` of it
 * would also load Node's own `fetch`, on Node 22 and later.
 */
export const http = (): typeof import('node:http') => process.getBuiltinModule('node:http')

/**
 * The outcome of one attempt. `not_sent`: nothing of the request was sent, and its body was not read. `not_begun`: the
 * daemon has received it, and says that it has carried out nothing of it. `maybe_received`: the connection ended after
 * sending had begun and before a reply began, so the daemon may have carried out the request; or the daemon says that it
 * has given it up. `no_reply`: sending had begun too, but the daemon did not reply within the whole time limit, so a
 * second attempt would only wait again.
 */
export type Outcome =
  | { readonly outcome: 'replied'; readonly reply: Reply }
  | {
      readonly outcome: 'not_sent' | 'not_begun' | 'maybe_received' | 'no_reply'
      readonly error: FamiliarError
    }

export interface Sending {
  readonly family: Family
  readonly record: DaemonRecord
  /** The socket to the daemon, connected or connecting. It carries this request and is destroyed afterwards. */
  readonly socket: Socket
  readonly token: string
  readonly outgoing: Outgoing
  readonly signal: AbortSignal | undefined
  readonly timeoutMs: number
}

/**
 * Sends a request on a connection to a proven daemon. Rejects with the reason of an abort, with the error of the caller's
 * stream, and with `E_RESOURCES`.
 */
export function send(sending: Sending): Promise<Outcome> {
  const { family, record, socket, outgoing } = sending
  if (!socket.writable) {
    return Promise.resolve({ outcome: 'not_sent', error: notSent('closed', family, record) })
  }
  return new Promise((resolve, reject) => {
    const request = requestOn(sending)
    const link = new Link(request, sending)
    let isSent = false
    const fail = (cause: unknown): void => {
      link.detach()
      const lack = isSent ? null : asLack(cause)
      if (link.ended !== null) reject(link.ended.reason)
      else if (lack !== null) reject(lack)
      else resolve(outcomeOf(sending, { isSent, isLate: link.isLate }, cause))
    }
    // Once a reply has begun, these calls have no effect: errors then go to the reader of the body.
    request.on('error', fail).on('close', () => fail(null))
    request.on('response', (message) => {
      const refused = refusedIn(message)
      if (refused !== null) {
        resolve(outcomeOfRefused(sending, refused))
        link.release()
        return
      }
      resolve({ outcome: 'replied', reply: replyOf(message, link.receive(message)) })
    })
    const begin = (): void => {
      isSent = true
      pump(request, outgoing, link).catch((error: unknown) => link.end(error))
    }
    link.clock.start()
    if (socket.connecting) socket.once('connect', begin)
    else begin()
  })
}

interface Progress {
  readonly isSent: boolean
  readonly isLate: boolean
}

function outcomeOf(
  { family, record, timeoutMs }: Sending,
  { isSent, isLate }: Progress,
  cause: unknown,
): Outcome {
  if (!isSent) {
    const why = isLate ? 'no_response' : isNoWay(cause) ? 'unreachable' : 'closed'
    return { outcome: 'not_sent', error: notSent(why, family, record, cause) }
  }
  return isLate
    ? { outcome: 'no_reply', error: noReply(family, record, timeoutMs) }
    : { outcome: 'maybe_received', error: interrupted(family, record, cause) }
}

/** Returns how the daemon itself, not a handler, has given the request up; null if this is another reply. */
function refusedIn({ statusCode, headers }: IncomingMessage): Refused | null {
  return statusCode === 503 ? refusedOf(headers[REFUSED_HEADER]) : null
}

function outcomeOfRefused({ family, record }: Sending, refused: Refused): Outcome {
  return refused === 'not_begun'
    ? { outcome: 'not_begun', error: notBegun(family, record) }
    : { outcome: 'maybe_received', error: givenUp(family, record) }
}

function requestOn({ record, socket, token, outgoing }: Sending): ClientRequest {
  const { method, target, headers } = outgoing
  const host = `127.0.0.1:${record.port}`
  // An error of a connection that is no longer in use must not end the process.
  socket.on('error', () => undefined)
  return http().request({
    createConnection: () => socket,
    method,
    path: target,
    setHost: false,
    headers: { ...headers, host, authorization: `Bearer ${token}`, connection: 'close' },
  })
}

/** One request, from its start to the end of its reply. */
class Link {
  readonly clock: Clock
  /** Set if this side ended the request, because of an abort or an error in the caller's stream. */
  ended: { readonly reason: unknown } | null = null
  /** Whether the daemon did not answer in time. */
  isLate = false
  readonly #request: ClientRequest
  readonly #sending: Sending
  #reply: IncomingMessage | null = null
  #isOver = false

  constructor(request: ClientRequest, sending: Sending) {
    this.#request = request
    this.#sending = sending
    this.clock = createClock(sending.timeoutMs, () => {
      this.isLate = true
      request.destroy()
    })
    sending.signal?.addEventListener('abort', this.#onAbort)
    if (sending.signal?.aborted === true) this.#onAbort()
  }

  readonly #onAbort = (): void => this.end(this.#sending.signal?.reason)

  /** Ends the request from this side; the caller gets the reason. Has no effect if the request is already over. */
  end(reason: unknown): void {
    if (this.#isOver) return
    this.ended ??= { reason }
    this.detach()
    if (this.#reply === null) this.#request.destroy()
    else this.#reply.destroy()
    this.#sending.socket.destroy()
  }

  /** Called when the reply has begun. Returns its connection. */
  receive(message: IncomingMessage): ReplyConnection {
    const { family, record, socket, signal } = this.#sending
    this.#reply = message
    this.clock.over()
    // An unread reply must not keep the process running, but unsent data must.
    socket.unref()
    return {
      hold: () => void socket.ref(),
      throwIfEnded: () => {
        if (this.ended !== null) throw this.ended.reason
        signal?.throwIfAborted()
      },
      cutOff: (cause) => cutOff(family, record, cause),
      release: () => this.release(),
    }
  }

  /** Removes the timer and the listener of the signal. */
  detach(): void {
    this.clock.over()
    this.#sending.signal?.removeEventListener('abort', this.#onAbort)
  }

  /** Ends the connection, after its reply. */
  release(): void {
    this.#isOver = true
    this.detach()
    this.#request.destroy()
    this.#sending.socket.destroy()
  }
}

/** The time limit for the daemon. */
interface Clock {
  /** Starts the time limit: the request now waits for the daemon. */
  readonly start: () => void
  /** Suspends the time limit: the request now waits for something other than the daemon. */
  readonly pause: () => void
  /** Ends the time limit for good, because the daemon has answered or will not answer. */
  readonly over: () => void
}

function createClock(ms: number, onTimeout: () => void): Clock {
  let isOver = false
  let stop: (() => void) | null = null
  return {
    start: () => {
      stop?.()
      if (!isOver) stop = afterSteps(ms, onTimeout)
    },
    pause: () => stop?.(),
    over: () => {
      isOver = true
      stop?.()
    },
  }
}

/**
 * Sends the body, as fast as the daemon receives it. Rejects with the error of the caller's stream. If the request ends
 * before the stream does, closes the stream.
 */
async function pump(request: ClientRequest, { open, isStream }: Outgoing, link: Link): Promise<void> {
  if (request.destroyed) return
  link.clock.start()
  if (open === null) return void request.end()
  // The head is sent at once, so that the daemon can begin to work before the first part of the body is available.
  if (isStream) request.flushHeaders()
  const parts = open()
  const stop = (): void => void stopReading(parts)
  request.once('close', stop)
  for (;;) {
    if (isStream) link.clock.pause()
    const { done, value } = await parts.next()
    if (request.destroyed) return
    link.clock.start()
    if (done === true) break
    await write(request, value)
  }
  request.off('close', stop)
  request.end()
}

async function stopReading(parts: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    await parts.return?.()
  } catch {
    // The request has already ended for another reason.
  }
}

/** Resolves when the daemon has received enough of the body for more to be sent, or when the request has ended. */
async function write(request: ClientRequest, part: unknown): Promise<void> {
  if (!(part instanceof Uint8Array)) {
    throw new TypeError('each part of the body of a request must be a Uint8Array')
  }
  if (!request.write(part)) await drained(request)
}

function drained(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      request.off('drain', done).off('close', done)
      resolve()
    }
    request.on('drain', done).on('close', done)
  })
}
