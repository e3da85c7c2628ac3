import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** A server that accepts all events and remembers their ids. */
export interface EventServer {
  readonly url: string
  readonly accepted: Set<string>
}

export async function startEventServer(): Promise<EventServer> {
  const accepted = new Set<string>()
  const server = createServer((message, response) => {
    const chunks: Buffer[] = []
    message.on('data', (chunk: Buffer) => chunks.push(chunk))
    message.on('error', () => undefined)
    message.on('end', () => {
      const ids = idsIn(Buffer.concat(chunks), message.headers['content-encoding'] === 'gzip')
      for (const id of ids) accepted.add(id)
      const results = ids.map((event_id) => ({ event_id, status: 'success' }))
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ results }))
    })
  })
  server.listen({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, accepted }
}

function idsIn(raw: Buffer, isZipped: boolean): readonly string[] {
  try {
    const { events = [] } = JSON.parse((isZipped ? gunzipSync(raw) : raw).toString())
    return events.map(({ event_id }: { event_id: unknown }) => String(event_id))
  } catch {
    return []
  }
}
