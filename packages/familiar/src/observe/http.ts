import type { Socket } from 'node:net'
import { asLack, errnoOf } from '../errors.js'

/** One request to a listener on this machine. */
export interface HttpRequest {
  readonly address: string
  readonly port: number
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** The body of the request, which is sent as JSON. */
  readonly body?: unknown
  readonly timeoutMs: number
  /**
   * True if the system has just listed a listener on the port. If it refuses the connection, that says nothing about the
   * listener.
   */
  readonly isListed?: boolean
  /** Called after the request was sent, for work that can be done while waiting for the reply. */
  readonly whileWaiting?: () => void
  /** Aborting this signal destroys the connection, and the call rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** The reply. `json` is undefined if the body is not JSON or could not be read completely. */
export interface HttpReply {
  readonly status: number
  readonly json: unknown
}

/**
 * Timeouts are counted in steps of this length. If this process gets no CPU for a second, a single timer would fire
 * before data that arrived meanwhile is read: on a busy machine, a hundred healthy listeners looked silent for this
 * reason. After each step, pending data is read first.
 */
const STEP_MS = 100

/**
 * After this many bytes, reading of a reply stops, and its body is ignored. A health reply has about 1 000 bytes.
 */
const MAX_REPLY_BYTES = 64 * 1024

/**
 * The end of the head is not searched for in pieces that begin after this many bytes. Node accepts no longer heads either.
 */
const MAX_HEAD_BYTES = 16 * 1024

/**
 * The errors of a connection that the listener itself causes: it has just closed its port, or its queue is full. All
 * other errors of `connect` concern the way to it: a sandbox or a firewall forbids it, the loopback interface is down, or
 * there is no route.
 */
const BY_LISTENER: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'])

/** Returns whether a connection failed because this process cannot reach the port, no matter what listens there. */
export function isNoWay(error: unknown, isListed = false): boolean {
  const { syscall } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  const code = errnoOf(error) ?? ''
  return syscall === 'connect' && (!BY_LISTENER.has(code) || (isListed && code === 'ECONNREFUSED'))
}

/**
 * Sends one request and returns the reply that arrived within `timeoutMs`; for a reply that is incomplete or has 64 KiB
 * or more, only its status. Returns null if nothing arrived or it was not HTTP, and `unreachable` if this process cannot
 * reach the port. Throws `E_RESOURCES` if this process lacks the resources to connect. The last two say nothing about the
 * listener.
 *
 * The request is HTTP/1.0, written by hand: no chunked replies, no keep-alive, no redirects. The connection is closed as
 * soon as the reply is complete or too long, because an idle connection blocks a single-threaded predecessor.
 * (`node:http` takes 6 ms longer to load, `fetch` 90 ms.)
 */
export async function request(asked: HttpRequest): Promise<HttpReply | 'unreachable' | null> {
  const { reply } = await exchange(asked, false)
  return reply === 'closed' ? null : reply
}

/** The result of a request on a connection that will carry a second one. */
export interface Exchange {
  /** The reply. `closed`: the connection was refused, or ended before any HTTP arrived. Null: the time limit passed. */
  readonly reply: HttpReply | 'unreachable' | 'closed' | null
  /** The connection, if the listener keeps it open. The caller must use or destroy it. Its errors are not thrown. */
  readonly socket: Socket | null
}

/**
 * Like `request`, but uses HTTP/1.1 and asks the listener to keep the connection open. A listener that does so must send
 * a `Content-Length`, and nothing after its reply.
 */
export function requestAndKeep(asked: HttpRequest): Promise<Exchange> {
  return exchange(asked, true)
}

function exchange(asked: HttpRequest, isToKeep: boolean): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    asked.signal?.throwIfAborted()
    // Loaded here, because a scan that finds no listener needs no connection, and loading takes 2 ms.
    const { connect } = process.getBuiltinModule('node:net')
    const received = receive()
    const socket = connect({
      host: reachable(asked.address),
      port: asked.port,
      noDelay: isToKeep,
      // A kept connection is read as a stream by the code that gets it.
      ...(isToKeep ? {} : { onread: { buffer: readBuffer(), callback: (length) => onRead(length) } }),
    })
    const release = (): void => {
      stopWaiting()
      asked.signal?.removeEventListener('abort', onAbort)
      socket
        .off('data', onData)
        .off('end', onEnd)
        .off('error', onError)
        .on('error', () => undefined)
    }
    const fail = (reason: unknown): void => {
      release()
      socket.destroy()
      reject(reason)
    }
    const finish = (without: Exchange['reply']): void => {
      release()
      const isKept = isToKeep && received.isKeptOpen()
      if (!isKept) socket.destroy()
      resolve({ reply: received.reply() ?? without, socket: isKept ? socket : null })
    }
    const onAbort = (): void => fail(asked.signal?.reason)
    const onEnd = (): void => finish('closed')
    const onError = (error: Error): void => {
      const lack = asLack(error)
      if (lack !== null) return fail(lack)
      finish(socket.bytesRead === 0 && isNoWay(error, asked.isListed) ? 'unreachable' : 'closed')
    }
    const onData = (chunk: Buffer): void => {
      if (received.add(chunk)) finish('closed')
    }
    const onRead = (length: number): boolean => {
      onData(readBuffer().subarray(0, length))
      return true
    }
    const stopWaiting = afterSteps(asked.timeoutMs, () => finish(null))
    asked.signal?.addEventListener('abort', onAbort)
    socket.on('connect', () => {
      write(socket, asked, isToKeep)
      asked.whileWaiting?.()
    })
    // Makes the stream flow, without which it would not say that it has ended.
    if (isToKeep) socket.on('data', onData)
    else socket.resume()
    socket.on('end', onEnd).on('error', onError)
  })
}

let shared: Buffer | null = null

/**
 * Returns the memory into which all connections read that end with their reply. By default, Node takes 64 KiB for each piece that
 * arrives, so a hundred listeners that flood would cost 6 MB. What arrives is used before anything else is read.
 */
function readBuffer(): Buffer {
  return (shared ??= Buffer.allocUnsafeSlow(MAX_REPLY_BYTES))
}

/** Collects the bytes of a reply. */
interface Received {
  /** Returns whether the reply is complete, or too long. */
  readonly add: (chunk: Buffer) => boolean
  /** Returns the reply, or null if what arrived is not HTTP. */
  readonly reply: () => HttpReply | null
  /** Returns whether the reply is complete, nothing follows it, and the listener leaves the connection open. */
  readonly isKeptOpen: () => boolean
}

function receive(): Received {
  const chunks: Buffer[] = []
  let bytes = 0
  let wanted: number | 'unannounced' | null = null
  return {
    add: (chunk) => {
      bytes += chunk.length
      // Of a reply that is too long, only the beginning is read.
      chunks.push(Buffer.from(bytes < MAX_REPLY_BYTES ? chunk : chunk.subarray(0, STATUS_BYTES)))
      if (bytes - chunk.length < MAX_HEAD_BYTES) wanted ??= announcedBytes(chunks)
      return bytes >= MAX_REPLY_BYTES || (typeof wanted === 'number' && bytes >= wanted)
    },
    reply: () => (bytes >= MAX_REPLY_BYTES ? readCut(chunks) : readReply(Buffer.concat(chunks))),
    isKeptOpen: () => bytes < MAX_REPLY_BYTES && bytes === wanted && saysKeepAlive(chunks),
  }
}

/** Calls `act` after `ms`, or later if this process did not run in between. Returns a function that cancels the call. */
export function afterSteps(ms: number, act: () => void): () => void {
  let timer: NodeJS.Timeout
  const wait = (left: number): void => {
    const step = Math.min(left, STEP_MS)
    timer = setTimeout(() => (left > step ? wait(left - step) : act()), step)
  }
  wait(ms)
  return () => clearTimeout(timer)
}

function write(socket: Socket, { method, path, port, headers, body }: HttpRequest, isToKeep: boolean): void {
  const content = body === undefined ? '' : JSON.stringify(body)
  const lines = [
    `${method} ${path} HTTP/1.${isToKeep ? 1 : 0}`,
    `Host: 127.0.0.1:${port}`,
    'Accept: application/json',
    ...(isToKeep ? ['Connection: keep-alive'] : []),
    ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    ...(method === 'POST'
      ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(content)}`]
      : []),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${content}`)
}

/** Returns the address to connect to: loopback for a wildcard bind, otherwise the bound address. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  return address === '::' ? '::1' : address
}

/** Returns the total length of a reply; null until its head has arrived. */
function announcedBytes(chunks: readonly Buffer[]): number | 'unannounced' | null {
  const text = Buffer.concat(chunks).toString('latin1')
  const separator = /\r?\n\r?\n/.exec(text)
  if (separator === null) return null
  const announced = /^content-length:\s*(\d+)\s*$/im.exec(text.slice(0, separator.index))
  const bodyAt = separator.index + separator[0].length
  return announced === null ? 'unannounced' : bodyAt + Number(announced[1])
}

/** In HTTP/1.1, a connection stays open unless the reply says otherwise. */
function saysKeepAlive(chunks: readonly Buffer[]): boolean {
  const [head = ''] = Buffer.concat(chunks)
    .toString('latin1')
    .split(/\r?\n\r?\n/, 1)
  return head.startsWith('HTTP/1.1 ') && !/^connection:.*\bclose\b/im.test(head)
}

/** The status line is searched for within this many bytes. */
const STATUS_BYTES = 64
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})\b/

function readReply(raw: Buffer): HttpReply | null {
  const text = raw.toString('utf8')
  const status = STATUS_LINE.exec(text)?.[1]
  if (status === undefined) return null
  const separator = /\r?\n\r?\n/.exec(text)
  const body = separator === null ? '' : text.slice(separator.index + separator[0].length)
  try {
    return { status: Number(status), json: JSON.parse(body) as unknown }
  } catch {
    return { status: Number(status), json: undefined }
  }
}

/** Reads only the status line of a reply that exceeded the limit. Returns null if it is not HTTP. */
function readCut(chunks: readonly Buffer[]): HttpReply | null {
  const status = STATUS_LINE.exec(Buffer.concat(chunks, STATUS_BYTES).toString('latin1'))?.[1]
  return status === undefined ? null : { status: Number(status), json: undefined }
}
