import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'

/** What a daemon answered. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends one request on a connection of its own. Rejects when the connection ends before the answer does. */
export async function ask(port: number, path: string, asked: Asked = {}): Promise<Answer> {
  const message = await open(port, path, asked)
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    text: Buffer.concat(chunks).toString('utf8'),
  }
}

function open(
  port: number,
  path: string,
  { method = 'GET', headers, body }: Asked,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers: { ...headers }, agent: false })
    sent.once('response', resolve)
    sent.once('error', reject)
    sent.end(body)
  })
}

/** An event stream that is read as it comes. */
export interface Stream {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** What has come so far. */
  readonly text: () => string
  /** Resolves when it has ended: whether it was ended properly, rather than cut off. */
  readonly ended: Promise<boolean>
  /** Goes away without a word. */
  readonly leave: () => void
}

/** Opens an event stream. */
export async function openStream(port: number, path: string): Promise<Stream> {
  const message = await open(port, path, {})
  let text = ''
  message.setEncoding('utf8')
  message.on('data', (chunk: string) => (text += chunk))
  message.on('error', () => undefined)
  const ended = new Promise<boolean>((resolve) => message.once('close', () => resolve(message.complete)))
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    text: () => text,
    ended,
    leave: () => void message.destroy(),
  }
}

/** Sends bytes and never reads what comes back. */
export function mute(
  port: number,
  bytes: string,
): { readonly closed: Promise<void>; readonly end: () => void } {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  socket.pause()
  socket.on('error', () => undefined)
  socket.write(bytes)
  return {
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
    end: () => void socket.destroy(),
  }
}
