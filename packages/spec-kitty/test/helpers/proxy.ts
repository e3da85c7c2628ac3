import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A real HTTP proxy that opens tunnels, all of them to one port of this machine. */
export interface Proxy {
  readonly url: string
  readonly port: number
  readonly tunnels: readonly { readonly authority: string; readonly headers: IncomingHttpHeaders }[]
  /** Everything that clients sent through tunnels. */
  readonly through: () => Buffer
  readonly close: () => Promise<void>
}

/** `refuse`: what it answers instead of opening a tunnel. */
export async function startProxy(targetPort: number, refuse: number | null = null): Promise<Proxy> {
  const tunnels: { authority: string; headers: IncomingHttpHeaders }[] = []
  const sent: Buffer[] = []
  const open = new Set<Duplex>()
  const server = createServer((_request, response) => response.writeHead(500).end())
  server.on('connect', ({ url = '', headers }, client) => {
    tunnels.push({ authority: url, headers })
    if (refuse !== null) {
      client.end(`HTTP/1.1 ${refuse} No\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const target: Socket = connect({ port: targetPort, host: '127.0.0.1' })
    for (const end of [client, target]) open.add(end.on('error', () => end.destroy()))
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    client.on('data', (data: Buffer) => sent.push(data))
    client.pipe(target).pipe(client)
  })
  server.listen({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    tunnels,
    through: () => Buffer.concat(sent),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      for (const end of open) end.destroy()
      await closed
    },
  }
}
