import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { cutOffIsFreed, sendBody } from '../../src/daemon/send-body.js'
import { collectGarbage } from '../helpers/collect-garbage.js'
import { eventually } from '../helpers/eventually.js'
import { mute } from '../helpers/wire.js'

const MIB = 1024 * 1024

/** One more of them than all replies together may leave unsent (32 MiB), so that one is cut off. */
const REPLIES = 9

let server: Server
let clients: ReturnType<typeof mute>[] = []

afterEach(() => {
  for (const { end } of clients) end()
  clients = []
  server.closeAllConnections()
  server.close()
})

/** Sends so many replies of 4 MiB to clients that read nothing. Returns their bodies. */
async function sendUnread(count: number): Promise<readonly WeakRef<Buffer>[]> {
  const bodies: WeakRef<Buffer>[] = []
  server = createServer((_message, response) => {
    const body = Buffer.alloc(4 * MIB)
    bodies.push(new WeakRef(body))
    response.writeHead(200, { 'content-length': body.length })
    sendBody(response, body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  for (let index = 0; index < count; index++)
    clients.push(mute(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'))
  await eventually(() => expect(bodies).toHaveLength(count))
  return bodies
}

describe('a reply that is cut off', () => {
  it('is in memory no longer than its connection is open', async () => {
    const bodies = await sendUnread(REPLIES)
    await cutOffIsFreed()
    // The handles of the connection are closed in the turns after its end.
    for (let turn = 0; turn < 5; turn++) await nextTurn()
    collectGarbage()
    expect(bodies.filter((body) => body.deref() !== undefined)).toHaveLength(REPLIES - 1)
  })
})
