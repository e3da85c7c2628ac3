import type { IncomingMessage } from 'node:http'
import { CommandError, type Io } from 'familiar/cli'
import { isSafeUrl } from '../check-server-url.js'
import { moduleFor } from '../upload/proxy.js'
import { lookupFor, openAgent } from '../upload/open-agent.js'

/** The maximum size of an answer that is read. Answers of a sign-in service have a few kilobytes. */
const MAX_BYTES = 1024 * 1024

interface Options {
  readonly signal?: AbortSignal
}

export type Fetch = (url: string, options: object) => Promise<Response>

/**
 * Returns a `fetch` that connects as an upload does, so that the same proxy, certificates and address of `localhost` count.
 * It sends nothing to a URL that is neither HTTPS nor on this machine, whatever a server's metadata says, follows no
 * redirect, and reads at most 1 MiB. Throws `E_AUTH_UNSUPPORTED` for the first and the last. `env`: names the proxy and the
 * certificates.
 */
export function boundedFetch(env: Io['env']): Fetch {
  return async (text, options) => {
    const url = new URL(text)
    if (!isSafeUrl(url)) {
      throw new CommandError('E_AUTH_UNSUPPORTED', `${url.origin} is neither HTTPS nor HTTP to this machine`)
    }
    const { signal = new AbortController().signal, ...rest }: Options = options
    const request = new Request(url, rest)
    const bytes = Buffer.from(await request.arrayBuffer())
    try {
      const agent = openAgent(url, { env, signal, keepAlive: false })
      try {
        return await exchange(url, request, { agent, bytes, signal })
      } finally {
        agent.destroy()
      }
    } catch (error) {
      if (error instanceof CommandError) throw error
      signal.throwIfAborted()
      // That is what `fetch` does, and what `openid-client` and `auth-errors.ts` expect.
      throw new TypeError('the request failed', { cause: error })
    }
  }
}

interface Outgoing {
  readonly agent: import('node:http').Agent
  readonly bytes: Buffer
  readonly signal: AbortSignal
}

function exchange(url: URL, { method, headers }: Request, out: Outgoing): Promise<Response> {
  const { agent, bytes, signal } = out
  return new Promise((resolve, reject) => {
    // An aborted request emits nothing until it has a connection.
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    const outgoing = moduleFor(url).request(url, {
      method,
      agent,
      signal,
      headers: {
        'user-agent': 'spec-kitty',
        ...Object.fromEntries(headers),
        // Otherwise a service may compress its answer, which is not read then.
        'accept-encoding': 'identity',
        ...(bytes.length === 0 ? {} : { 'content-length': bytes.length }),
      },
      ...lookupFor(url),
    })
    outgoing.on('error', reject)
    outgoing.once('response', (message) => {
      responseOf(message, url.origin).then(resolve, reject)
    })
    outgoing.end(bytes)
  })
}

async function responseOf(message: IncomingMessage, origin: string): Promise<Response> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of message as AsyncIterable<Buffer>) {
    length += part.length
    if (length > MAX_BYTES) {
      throw new CommandError('E_AUTH_UNSUPPORTED', `the answer of ${origin} is longer than 1 MiB`)
    }
    parts.push(part)
  }
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(message.headersDistinct))
    for (const value of values) headers.append(name, value)
  return new Response(length === 0 ? null : Buffer.concat(parts), {
    status: message.statusCode ?? 0,
    headers,
  })
}
