import { connect, type Socket } from 'node:net'
import { asLack, errnoOf } from '../errors.js'

/** One request to a listener on this machine. */
export interface HttpRequest {
  readonly address: string
  readonly port: number
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  readonly timeoutMs: number
  /** Called when the request was sent, for work that can be done while the reply is on its way. */
  readonly whileWaiting?: () => void
}

/** The reply. `json` is undefined when the body is not JSON or could not be read whole. */
export interface HttpReply {
  readonly status: number
  readonly json: unknown
}

/**
 * Timeouts are counted in steps of this length. If this process gets no CPU for a second, a single timer would fire
 * before the data that arrived meanwhile is read: on a busy machine, a hundred healthy listeners looked silent that way.
 * After each step, pending data is read first.
 */
const STEP_MS = 100

/** After this many bytes, reading a reply stops, and its body is ignored. A health reply has about 1 000 bytes. */
const MAX_REPLY_BYTES = 64 * 1024

/**
 * Errors that mean this process cannot reach a port at all: a sandbox or a firewall forbids it, the loopback interface
 * is down, or the address does not exist. They say nothing about the listener.
 */
const NO_WAY: ReadonlySet<string> = new Set([
  'EPERM',
  'EACCES',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EHOSTUNREACH',
  'ENETDOWN',
])

/** Returns whether a connection failed because this process cannot reach the port, whatever listens there. */
export function isNoWay(error: unknown): boolean {
  return NO_WAY.has(errnoOf(error) ?? '')
}

/**
 * Sends one request and returns the reply that arrived within `timeoutMs`; of a reply that is incomplete or longer than
 * 64 KiB, only the status. Returns null when nothing arrived, or something that is not HTTP, and `unreachable` when this
 * process cannot reach the port. Throws `E_RESOURCES` when this process lacks the resources to connect. The last two say
 * nothing about the listener.
 *
 * The request is HTTP/1.0, written by hand: no chunked replies, no keep-alive, no redirects. The connection is closed as
 * soon as the reply is complete or too long, because an idle connection blocks a single-threaded predecessor. (`node:http`
 * takes 6 ms longer to load, `fetch` 90 ms.)
 */
export function request(asked: HttpRequest): Promise<HttpReply | 'unreachable' | null> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: reachable(asked.address), port: asked.port })
    const chunks: Buffer[] = []
    let bytes = 0
    let wanted: number | null = null
    const end = (): void => {
      stopWaiting()
      socket.destroy()
    }
    const finish = (): void => {
      end()
      resolve(bytes > MAX_REPLY_BYTES ? readCut(chunks) : readReply(Buffer.concat(chunks)))
    }
    const fail = (error: Error): void => {
      const lack = asLack(error)
      if (lack === null && (bytes > 0 || !isNoWay(error))) return finish()
      end()
      if (lack === null) resolve('unreachable')
      else reject(lack)
    }
    const stopWaiting = afterSteps(asked.timeoutMs, finish)
    socket.on('connect', () => {
      write(socket, asked)
      asked.whileWaiting?.()
    })
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      wanted ??= announcedBytes(chunks)
      if (bytes > MAX_REPLY_BYTES || (wanted !== null && bytes >= wanted)) finish()
    })
    socket.on('end', finish)
    socket.on('error', fail)
  })
}

/** Calls `act` after `ms`, or later if this process did not run in between. Returns a function that cancels the call. */
function afterSteps(ms: number, act: () => void): () => void {
  let timer: NodeJS.Timeout
  const wait = (left: number): void => {
    const step = Math.min(left, STEP_MS)
    timer = setTimeout(() => (left > step ? wait(left - step) : act()), step)
  }
  wait(ms)
  return () => clearTimeout(timer)
}

function write(socket: Socket, { method, path, port, headers, body }: HttpRequest): void {
  const content = body === undefined ? '' : JSON.stringify(body)
  const lines = [
    `${method} ${path} HTTP/1.0`,
    `Host: 127.0.0.1:${port}`,
    'Accept: application/json',
    ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    ...(method === 'POST'
      ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(content)}`]
      : []),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${content}`)
}

/** Returns the address to connect to: loopback for a wildcard bind, else the bound address. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  return address === '::' ? '::1' : address
}

/** Returns the total length of a reply; null until its head has arrived, or when that has no Content-Length. */
function announcedBytes(chunks: readonly Buffer[]): number | null {
  const text = Buffer.concat(chunks).toString('latin1')
  const separator = /\r?\n\r?\n/.exec(text)
  if (separator === null) return null
  const announced = /^content-length:\s*(\d+)\s*$/im.exec(text.slice(0, separator.index))
  const bodyAt = separator.index + separator[0].length
  return announced === null ? null : bodyAt + Number(announced[1])
}

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
  const status = STATUS_LINE.exec(Buffer.concat(chunks).toString('latin1', 0, 64))?.[1]
  return status === undefined ? null : { status: Number(status), json: undefined }
}
