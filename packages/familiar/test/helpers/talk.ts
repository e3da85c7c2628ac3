import { connect } from 'node:net'
import { afterEach, expect } from 'vitest'
import { eventually } from './eventually.js'

/** A client that says what it wants on a connection of its own, byte by byte, and hears every byte. */
export interface Talk {
  readonly say: (bytes: string | Uint8Array) => void
  /** What it has heard so far. */
  readonly heard: () => string
  /** How much it has not been able to send. */
  readonly unsent: () => number
  /** Waits until it has heard this. */
  readonly hears: (text: string | RegExp) => Promise<void>
  /** Waits until the server has closed the connection. Returns everything that it has heard. */
  readonly closed: () => Promise<string>
  readonly isClosed: () => boolean
  /** Stops reading, and reads again. */
  readonly pause: () => void
  readonly resume: () => void
  /** Goes away without a word. */
  readonly leave: () => void
}

let talks: Talk[] = []

/** Ends the clients of a test after it. */
export function leaveNoTalks(): void {
  afterEach(() => {
    for (const talk of talks) talk.leave()
    talks = []
  })
}

/** Connects, and says the given bytes first. */
export function talkTo(port: number, first: string | Uint8Array = ''): Talk {
  const socket = connect({ host: '127.0.0.1', port })
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => undefined)
  const end = new Promise<void>((resolve) => void socket.once('close', () => resolve()))
  const heard = (): string => Buffer.concat(chunks).toString('latin1')
  if (first !== '') socket.write(first)
  const talk: Talk = {
    say: (bytes) => void socket.write(bytes),
    heard,
    unsent: () => socket.writableLength,
    hears: (text) => eventually(() => expect(heard()).toMatch(text)),
    closed: async () => {
      await end
      return heard()
    },
    isClosed: () => socket.closed,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    leave: () => void socket.destroy(),
  }
  talks.push(talk)
  return talk
}

/** What a server says in reply, taken apart. */
export interface Said {
  readonly status: number
  readonly headers: readonly string[]
  /** Without the framing of chunks. */
  readonly body: string
  /** Whether it came to its proper end. */
  readonly isWhole: boolean
}

/** Takes the only reply apart that was heard on a connection that was closed. */
export function saidIn(heard: string): Said {
  const at = heard.indexOf('\r\n\r\n')
  const [first = '', ...headers] = heard.slice(0, Math.max(at, 0)).split('\r\n')
  const rest = heard.slice(at + 4)
  const length = headers.map((line) => /^content-length: (\d+)$/i.exec(line)?.[1]).find(Boolean)
  const isChunked = headers.some((line) => /^transfer-encoding: chunked$/i.test(line))
  const { body, isWhole } = isChunked
    ? unchunk(rest)
    : { body: rest, isWhole: at > 0 && (length === undefined || rest.length === Number(length)) }
  return { status: Number(first.split(' ')[1]), headers, body, isWhole }
}

function unchunk(text: string): { readonly body: string; readonly isWhole: boolean } {
  let [rest, body] = [text, '']
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/.exec(rest)
    if (size === null) return { body, isWhole: false }
    const length = Number.parseInt(size[1] ?? '', 16)
    if (length === 0) return { body, isWhole: rest === '0\r\n\r\n' }
    body += rest.slice(size[0].length, size[0].length + length)
    rest = rest.slice(size[0].length + length + 2)
  }
}

/** Returns a request as it goes over the wire. A header that is null is left out. */
export function requestText(
  port: number,
  line: string,
  headers: Readonly<Record<string, string | null>> = {},
  body = '',
): string {
  const length =
    body === '' || 'Transfer-Encoding' in headers ? {} : { 'Content-Length': String(body.length) }
  const all = { Host: `127.0.0.1:${port}`, ...length, ...headers }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  const version = / HTTP\/\d\.\d$/.test(line) ? '' : ' HTTP/1.1'
  return `${[`${line}${version}`, ...lines].join('\r\n')}\r\n\r\n${body}`
}

/** Returns a chunk of a chunked body. */
export function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`
}
