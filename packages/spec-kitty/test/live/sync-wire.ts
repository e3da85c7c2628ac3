import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What came back on a connection until the daemon closed it. */
export interface Answer {
  /** Null where it was closed without a word. */
  readonly status: number | null
  readonly text: string
  /** False when the daemon had not closed the connection before the time was over. */
  readonly isClosed: boolean
  readonly ms: number
}

/** Longer than the daemon gives a request to arrive. */
const PATIENCE_MS = 14_000

/** What is written on a connection: once, or piece by piece until the daemon has had enough. */
export type Speech =
  | string
  | Uint8Array
  | { readonly pieces: Iterable<string | Uint8Array>; readonly pauseMs: number }

/** Connects, says it, and waits for the daemon to close. Never throws. */
export async function say(port: number, speech: Speech): Promise<Answer> {
  const began = performance.now()
  const socket = connect({ host: '127.0.0.1', port })
  const chunks: Buffer[] = []
  let isClosed = false
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isClosed = true
      resolve()
    })
    socket.once('end', resolve)
  })
  void speak(socket, speech)
  await Promise.race([closed, sleep(PATIENCE_MS, undefined, { ref: false })])
  isClosed ||= socket.readableEnded
  socket.destroy()
  const text = Buffer.concat(chunks).toString('utf8')
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]
  return {
    status: status === undefined ? null : Number(status),
    text,
    isClosed,
    ms: performance.now() - began,
  }
}

async function speak(socket: Socket, speech: Speech): Promise<void> {
  if (typeof speech === 'string' || speech instanceof Uint8Array) return void socket.write(speech)
  for (const piece of speech.pieces) {
    if (socket.destroyed || !socket.writable) return
    socket.write(piece)
    await sleep(speech.pauseMs)
  }
}

/** Returns a request as it goes over the wire; a header of the value null is left out. */
export function requestText(
  port: number,
  line: string,
  headers: Readonly<Record<string, string | null>> = {},
  body = '',
): string {
  const all = {
    Host: `127.0.0.1:${port}`,
    ...(body === '' ? {} : { 'Content-Length': String(body.length) }),
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  return `${[`${line} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${body}`
}

/** Asks for the health of the daemon. */
export function askHealth(port: number, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return say(port, requestText(port, 'GET /api/health', headers))
}

export const SHUTDOWN = 'POST /api/shutdown'

type Headers = Readonly<Record<string, string | null>>

/** Returns how a test talks to a daemon that it has started by then. */
export function talkingTo(daemon: () => { readonly port: number; readonly token: string }) {
  return {
    text: (line: string, headers: Headers = {}, body = ''): string =>
      requestText(daemon().port, line, headers, body),
    statusOf: async (speech: Speech): Promise<number | null> => (await say(daemon().port, speech)).status,
    /** The right token, which must not help if something else is wrong. */
    authorized: (more: Headers = {}): Headers => ({ Authorization: `Bearer ${daemon().token}`, ...more }),
  }
}

/** The first piece, and then the other one for ever. */
export function* endlessly(first: string, piece: string | Uint8Array): Generator<string | Uint8Array> {
  yield first
  for (;;) yield piece
}
