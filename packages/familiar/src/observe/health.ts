import { connect, type Socket } from 'node:net'

/** What a probe brought back. `silent`: no HTTP answer in time. `http`: HTTP, but no JSON that could be read. */
export type ProbeReply =
  | { readonly kind: 'silent' }
  | { readonly kind: 'http' }
  | { readonly kind: 'json'; readonly body: unknown }

/** The most bytes that are read of one reply; a health reply has about 1 000. What is longer is not read on. */
const MAX_REPLY_BYTES = 64 * 1024

const SILENT: ProbeReply = { kind: 'silent' }

/**
 * Asks `GET path` and returns what came back before `timeoutMs` passed, at most 64 KiB of it. Never throws.
 *
 * A hand-written HTTP/1.0 request: no chunked reply, no keep-alive, no redirect is followed, and the connection is
 * dropped as soon as the answer is complete or known to be none. That matters: an idle connection makes a
 * single-threaded predecessor deaf.
 */
export function probe(address: string, port: number, path: string, timeoutMs: number): Promise<ProbeReply> {
  return new Promise((resolve) => {
    const socket = connect({ host: reachable(address), port })
    const chunks: Buffer[] = []
    let bytes = 0
    const finish = (reply: ProbeReply): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(reply)
    }
    const timer = setTimeout(() => finish(readReply(Buffer.concat(chunks))), timeoutMs)
    socket.on('connect', () => request(socket, port, path))
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > MAX_REPLY_BYTES) finish(readReply(Buffer.concat(chunks).subarray(0, MAX_REPLY_BYTES)))
      else if (isComplete(chunks)) finish(readReply(Buffer.concat(chunks)))
    })
    socket.on('end', () => finish(readReply(Buffer.concat(chunks))))
    socket.on('error', () => finish(readReply(Buffer.concat(chunks))))
  })
}

function request(socket: Socket, port: number, path: string): void {
  socket.write(`GET ${path} HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\nAccept: application/json\r\n\r\n`)
}

/** A wildcard bind is reached over loopback; anything else at its own address. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  return address === '::' ? '::1' : address
}

/** True once the body has the announced length. Without one, only the end of the connection completes a reply. */
function isComplete(chunks: readonly Buffer[]): boolean {
  const text = Buffer.concat(chunks).toString('latin1')
  const head = text.search(/\r?\n\r?\n/)
  const announced = head < 0 ? null : /^content-length:\s*(\d+)\s*$/im.exec(text.slice(0, head))
  return announced !== null && text.slice(head).replace(/^\r?\n\r?\n/, '').length >= Number(announced[1])
}

function readReply(raw: Buffer): ProbeReply {
  const text = raw.toString('utf8')
  const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(text)?.[1]
  if (status === undefined) return SILENT
  const separator = /\r?\n\r?\n/.exec(text)
  if (status !== '200' || separator === null) return { kind: 'http' }
  try {
    return { kind: 'json', body: JSON.parse(text.slice(separator.index + separator[0].length)) as unknown }
  } catch {
    return { kind: 'http' }
  }
}
