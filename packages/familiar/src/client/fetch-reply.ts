import type { IncomingMessage } from 'node:http'

/** The headers of a reply. Names may be given in any case; the iterator gives them in lower case. */
export interface ReplyHeaders {
  /** The values of a header that came several times are joined by a comma. */
  get(name: string): string | null
  has(name: string): boolean
  /** Gives each header once, but every `set-cookie` by itself: cookies cannot be joined. */
  [Symbol.iterator](): Iterator<[string, string]>
}

/**
 * The reply to a request: what a `Response` has of this, without the cost of loading it. The body can be read once, in one
 * of four ways; a second reading rejects. A body that is cut off rejects with `E_REQUEST_INTERRUPTED`. A reply whose body
 * is not read does not keep the process running.
 */
export interface Reply {
  /** Whether the status is one of 200 to 299. */
  readonly ok: boolean
  readonly status: number
  readonly headers: ReplyHeaders
  /** The whole body as UTF-8, without a byte order mark. */
  text(): Promise<string>
  json(): Promise<unknown>
  bytes(): Promise<Uint8Array>
  /** The body as it comes, as fast as it is read. Leaving a loop over it closes the connection. */
  readonly body: AsyncIterable<Uint8Array>
}

/** The connection on which a reply arrives. */
export interface ReplyConnection {
  /** Called when the body begins to be read: from then on, the process must not end. */
  readonly hold: () => void
  /** Throws the reason if the request was ended from this side: by an abort, or by an error in the stream it sends. */
  readonly throwIfEnded: () => void
  /** The error for a body that ended too early. */
  readonly cutOff: (cause: unknown) => Error
  /** Ends the connection and whatever waits for it. */
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
  // Without a listener, an error between the head and the first reading would be lost.
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

/** Not `Buffer.concat`: the memory of its result is shared with other buffers. */
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
