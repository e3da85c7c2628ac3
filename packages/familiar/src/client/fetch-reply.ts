import type { IncomingMessage } from 'node:http'

/** The headers of a reply. Names may be given in any case; the iterator returns them in lower case. */
export interface ReplyHeaders {
  /** Returns the value of a header. Several values of the same header are joined by a comma. */
  get(name: string): string | null
  has(name: string): boolean
  /** Yields each header once, but each `set-cookie` separately, because cookies cannot be joined. */
  [Symbol.iterator](): Iterator<[string, string]>
}

/**
 * The reply to a request: a subset of `Response`, which takes time to load. The body can be read once, in one of four
 * ways; a second attempt to read it rejects. Reading a body that is cut off rejects with `E_REQUEST_INTERRUPTED`. A reply
 * whose body is not read does not keep the process running.
 */
export interface Reply {
  /** Whether the status is in the range 200 to 299. */
  readonly ok: boolean
  readonly status: number
  readonly headers: ReplyHeaders
  /** Returns the whole body as UTF-8, without a byte order mark. */
  text(): Promise<string>
  json(): Promise<unknown>
  bytes(): Promise<Uint8Array>
  /** The body as it arrives, received no faster than it is read. Leaving a loop over it closes the connection. */
  readonly body: AsyncIterable<Uint8Array>
}

/** The connection on which a reply arrives. */
export interface ReplyConnection {
  /** Called when reading of the body begins. From then on, the connection keeps the process running. */
  readonly hold: () => void
  /** Throws the reason if this side ended the request, because of an abort or an error in the stream that it sends. */
  readonly throwIfEnded: () => void
  /** The error for a body that ended too early. */
  readonly cutOff: (cause: unknown) => Error
  /** Ends the connection and everything that waits for it. */
  readonly release: () => void
}

/** Returns the reply whose head has just arrived. */
export function replyOf(message: IncomingMessage, connection: ReplyConnection): Reply {
  const status = message.statusCode ?? 0
  const body = bodyOf(message, connection)
  const bytes = async (): Promise<Uint8Array> => join(await partsOf(body))
  const text = async (): Promise<string> =>
    Buffer.concat(await partsOf(body))
      .toString('utf8')
      .replace(/^\uFEFF/, '')
  const json = async (): Promise<unknown> => JSON.parse(await text()) as unknown
  return { ok: status >= 200 && status < 300, status, headers: headersOf(message), text, json, bytes, body }
}

function bodyOf(message: IncomingMessage, connection: ReplyConnection): AsyncIterable<Uint8Array> {
  let isTaken = false
  // Without a listener, an error between the arrival of the head and the first read would be lost.
  let failure: unknown = null
  message.once('error', (error) => (failure = error))
  async function* read(): AsyncGenerator<Uint8Array> {
    if (isTaken) throw new TypeError('the body of this reply has been read already')
    isTaken = true
    connection.hold()
    try {
      for await (const part of message as AsyncIterable<Buffer>) {
        connection.throwIfEnded()
        yield part
      }
    } catch (error) {
      connection.throwIfEnded()
      throw connection.cutOff(failure ?? error)
    } finally {
      message.destroy()
      connection.release()
    }
    connection.throwIfEnded()
  }
  return { [Symbol.asyncIterator]: read }
}

async function partsOf(body: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return parts
}

/** Not `Buffer.concat`, because its result shares its memory with other buffers. */
function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function headersOf({ rawHeaders }: IncomingMessage): ReplyHeaders {
  const pairs: [string, string][] = []
  const values = new Map<string, string>()
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase()
    const value = rawHeaders[index + 1] ?? ''
    const former = values.get(name)
    values.set(name, former === undefined ? value : `${former}, ${value}`)
    if (name === 'set-cookie') pairs.push([name, value])
  }
  const joined = [...values].filter(([name]) => name !== 'set-cookie')
  return {
    get: (name) => values.get(name.toLowerCase()) ?? null,
    has: (name) => values.has(name.toLowerCase()),
    [Symbol.iterator]: () => [...joined, ...pairs][Symbol.iterator](),
  }
}
