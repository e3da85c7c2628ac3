import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** A request as it arrived. */
export interface Arrived {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** As sent. */
  readonly raw: Buffer
  /** Uncompressed. */
  readonly body: string
  /** The ids of its events; empty if its body is no batch of ours. */
  readonly ids: readonly string[]
}

export type Answer = (request: Arrived, response: ServerResponse) => void

/** A server for events that answers as it is told, and by default accepts everything. */
export interface SyncServer {
  readonly url: string
  readonly port: number
  readonly requests: readonly Arrived[]
  /** The ids that it has accepted, in the order of their acceptance, each as often as it was sent. */
  readonly accepted: readonly string[]
  /** The answers to the next requests, one each. */
  readonly next: (...answers: readonly Answer[]) => void
  /** The answer to every request that has none of its own. */
  otherwise: Answer
  /** How many connections were opened so far. */
  readonly connections: () => number
  readonly close: () => Promise<void>
}

export interface Secure {
  readonly key: string
  readonly cert: string
}

export async function startSyncServer(tls: Secure | null = null): Promise<SyncServer> {
  const requests: Arrived[] = []
  const accepted: string[] = []
  const answers: Answer[] = []
  let connections = 0
  const onRequest = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await arrivedIn(message)
    if (request === null) return
    requests.push(request)
    const answer = answers.shift() ?? self.otherwise
    answer(request, response)
  }
  const listener = (message: IncomingMessage, response: ServerResponse): void =>
    void onRequest(message, response)
  const server: Server = tls === null ? createServer(listener) : createSecureServer(tls, listener)
  server.on('connection', () => (connections += 1))
  server.listen({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const accept: Answer = (request, response) => {
    accepted.push(...request.ids)
    reply(
      200,
      resultsOf(request, () => 'success'),
    )(request, response)
  }
  const self: SyncServer = {
    url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    accepted,
    next: (...more) => void answers.push(...more),
    otherwise: accept,
    connections: () => connections,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return self
}

async function arrivedIn(message: IncomingMessage): Promise<Arrived | null> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  } catch {
    return null
  }
  const raw = Buffer.concat(chunks)
  const { method = '', url: path = '', headers } = message
  const body = headers['content-encoding'] === 'gzip' ? gunzipSync(raw).toString() : raw.toString()
  return { method, path, headers, raw, body, ids: idsIn(body) }
}

function idsIn(body: string): readonly string[] {
  if (!/^[[{]/.test(body)) return []
  const batch = JSON.parse(body) as { events?: readonly { event_id: unknown }[] }
  return (batch.events ?? []).map(({ event_id }) => String(event_id))
}

/** Says of each event of a request what became of it. */
export function resultsOf(
  { ids }: Arrived,
  statusOf: (id: string) => string | { readonly status: string; readonly error?: string },
): object {
  const results = ids.map((id) => {
    const status = statusOf(id)
    return { event_id: id, ...(typeof status === 'string' ? { status } : status) }
  })
  return { results }
}

export function reply(
  status: number,
  body: unknown = '',
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

/** Says of each event the same, or what the function says. */
export function eachIs(status: string | ((id: string) => string)): Answer {
  return (request, response) => {
    const statusOf = typeof status === 'string' ? (): string => status : status
    reply(200, resultsOf(request, statusOf))(request, response)
  }
}

/** Begins an answer, and drops the connection. */
export const dropMidAnswer: Answer = (_request, response) => {
  response.writeHead(200, { 'content-length': 1000 })
  response.write('{"results": [', () => response.destroy())
}

export const dropBeforeAnswer: Answer = (_request, response) => void response.destroy()

/** Never answers. */
export const silence: Answer = () => {}

/** Begins an answer, and sends no more of it. */
export const halfAnswer: Answer = (_request, response) => {
  response.writeHead(200)
  response.write('{"results": [')
}

export const garbage: Answer = (_request, response) => {
  response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n\r\nHTTP? \u0000\u0001\r\n\r\n')
}

/** Sends spaces until the client has had enough. */
export const endless: Answer = (_request, response) => {
  response.writeHead(200)
  const chunk = Buffer.alloc(256 * 1024, ' ')
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}
