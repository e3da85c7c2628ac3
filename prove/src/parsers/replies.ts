import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import * as fc from 'fast-check'
import { request } from '../../../packages/familiar/dist/observe/http.js'
import { check, expectEqual, expectTrue, type Check } from './check.js'
import { ANY_BYTES, mutated } from './inputs.js'

const BODY = '{"status":"ok","pid":4711}'
const REPLIES = [
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  `HTTP/1.0 503 Busy\nContent-Length: ${BODY.length}\n\n${BODY}`,
  `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${BODY}`,
]

/** Sends possible answers of a listener through a real connection, in pieces. */
export function replyChecks(): readonly Check[] {
  const bytes = fc.oneof(
    ANY_BYTES,
    mutated(REPLIES).map((text) => Buffer.from(text)),
  )
  return [
    check(
      'HTTP reply: it always ends, with a status of three digits',
      fc.tuple(bytes, fc.integer({ min: 1, max: 50 })),
      async ([reply, size]) => {
        const read = await ask(reply, size)
        if (read !== null && read !== 'unreachable')
          expectTrue(read.status >= 0 && read.status <= 999, String(read.status))
      },
    ),
    check(
      'HTTP reply: a cut one is never taken for a whole one',
      fc.tuple(fc.constantFrom(...REPLIES), fc.nat()),
      async ([reply, at]) => {
        const read = await ask(Buffer.from(reply.slice(0, at % reply.length)), 1000)
        if (read !== null && read !== 'unreachable') expectEqual(read.json, undefined, 'what was read')
      },
    ),
    check(
      'HTTP reply: it does not matter where the bytes are cut',
      fc.tuple(fc.constantFrom(...REPLIES), fc.integer({ min: 1, max: 50 })),
      async ([reply, size]) => {
        const read = await ask(Buffer.from(reply), size)
        expectTrue(read !== null && read !== 'unreachable', 'no reply')
        expectEqual((read as { json: unknown }).json, JSON.parse(BODY), 'body')
      },
    ),
  ]
}

async function ask(reply: Buffer, size: number) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      for (let at = 0; at < reply.length; at += size) socket.write(reply.subarray(at, at + size))
      socket.end()
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    return await request({
      address: '127.0.0.1',
      port: portOf(server),
      method: 'GET',
      path: '/',
      timeoutMs: 2_000,
    })
  } finally {
    server.close()
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}
