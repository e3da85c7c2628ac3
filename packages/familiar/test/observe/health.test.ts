import { once } from 'node:events'
import { connect, type ListenOptions, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { probe } from '../../src/observe/probe-health.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { startServer } from '../helpers/server.js'

const ports = portsOf('observe/health')
const nextPort = portsIn(ports)

/** Longer than a test may take: what ends was not ended by the time. */
const LONG_MS = 60_000
const SHORT_MS = 200

leaveNothing(ports)

/** Probes a listener that treats each connection as given, then demands that the connection is closed. */
async function probeOne(
  answer: (socket: Socket, request: string) => void,
  {
    timeoutMs = LONG_MS,
    address = '127.0.0.1',
    listen = {},
  }: { timeoutMs?: number; address?: string; listen?: ListenOptions } = {},
) {
  const port = nextPort()
  const server = await startServer({ host: '127.0.0.1', port, ...listen }, answer)
  try {
    const reply = await probe(address, port, '/api/health', timeoutMs)
    await eventually(() => expect(server.connections()).toBe(0))
    return reply
  } finally {
    await server.close()
  }
}

const HELLO = { kind: 'json', body: { hello: 'wörld' } } as const
const BODY = JSON.stringify(HELLO.body)
const LENGTH = `Content-Length: ${Buffer.byteLength(BODY)}`

describe('probe reads a reply', () => {
  it("that ends with the connection, as a predecessor's does", async () => {
    expect(await probeOne((socket) => socket.end(`HTTP/1.0 200 OK\r\n\r\n${BODY}`))).toEqual(HELLO)
  })

  it.for([LENGTH, LENGTH.toLowerCase(), `content-length:${LENGTH.split(':')[1]}  `])(
    'that says how long it is, and does not wait for more: %j',
    async (length) => {
      const head = `HTTP/1.1 200 OK\r\nServer: x\r\n${length}\r\nConnection: keep-alive\r\n\r\n`
      expect(await probeOne((socket) => socket.write(head + BODY))).toEqual(HELLO)
    },
  )

  it('of each of many listeners, whose pieces arrive in between each other', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `${index}-${'wörld'.repeat(100)}`)
    const servers = await Promise.all(
      names.map(async (name) => {
        const reply = Buffer.from(`HTTP/1.0 200 OK\r\n\r\n${JSON.stringify({ name })}`)
        const port = nextPort()
        const server = await startServer({ host: '127.0.0.1', port }, (socket) => {
          const send = async (): Promise<void> => {
            for (let at = 0; at < reply.length; at += 97) {
              socket.write(reply.subarray(at, at + 97))
              await sleep(1)
            }
            socket.end()
          }
          void send()
        })
        return { port, server }
      }),
    )
    try {
      const replies = servers.map(({ port }) => probe('127.0.0.1', port, '/api/health', LONG_MS))
      expect(await Promise.all(replies)).toEqual(names.map((name) => ({ kind: 'json', body: { name } })))
    } finally {
      await Promise.all(servers.map(({ server }) => server.close()))
    }
  })

  it('that is long and comes in one piece, and does not wait for more', async () => {
    const body = { text: 'x'.repeat(40_000) }
    const json = JSON.stringify(body)
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${json.length}\r\n\r\n`
    expect(await probeOne((socket) => socket.write(head + json))).toEqual({ kind: 'json', body })
  })

  it('whose head is long', async () => {
    const head = `HTTP/1.0 200 OK\r\nX-Long: ${'x'.repeat(20_000)}\r\n${LENGTH}\r\n\r\n`
    expect(await probeOne((socket) => socket.end(head + BODY))).toEqual(HELLO)
  })

  it('that comes byte by byte, cut within a character', async () => {
    const bytes = Buffer.from(`HTTP/1.0 200 OK\r\nX-Name: wörld\r\n${LENGTH}\r\n\r\n${BODY}`)
    const reply = await probeOne(async (socket) => {
      socket.setNoDelay(true)
      for (const byte of bytes) await new Promise((resolve) => socket.write(Buffer.of(byte), resolve))
    })
    expect(reply).toEqual(HELLO)
  })

  it('that comes but for its last byte, and then comes whole', async () => {
    const bytes = Buffer.from(`HTTP/1.0 200 OK\r\nX-Name: wörld\r\n${LENGTH}\r\n\r\n${BODY}`)
    const reply = await probeOne(async (socket) => {
      socket.write(bytes.subarray(0, -1))
      await sleep(50)
      socket.write(bytes.subarray(-1))
    })
    expect(reply).toEqual(HELLO)
  })

  it('with bare line feeds', async () => {
    expect(await probeOne((socket) => socket.end(`HTTP/1.0 200 OK\nServer: x\n\n${BODY}`))).toEqual(HELLO)
  })

  it.for([
    ['IPv6', '::1', { host: '::1' }],
    ['every IPv4 address', '0.0.0.0', { host: '0.0.0.0' }],
    ['every IPv6 address only', '::', { host: '::', ipv6Only: true }],
    ['every address of both', '::', { host: '::' }],
  ] as const)('on %s', async ([, address, listen]) => {
    const answer = (socket: Socket): unknown => socket.end(`HTTP/1.0 200 OK\r\n\r\n${BODY}`)
    expect(await probeOne(answer, { address, listen })).toEqual(HELLO)
  })
})

describe('probe asks', () => {
  it('once, plainly, and reveals nothing', async () => {
    let asked = ''
    await probeOne((socket, request) => {
      asked = request
      socket.end(`HTTP/1.0 200 OK\r\n\r\n${BODY}`)
    })
    expect(asked).toMatch(/^GET \/api\/health HTTP\/1\.0\r\nHost: 127\.0\.0\.1:\d+\r\n/)
    expect(asked).not.toMatch(/authorization|cookie|token|keep-alive/i)
  })
})

describe('probe takes for no self-report', () => {
  it.for([
    ['another status than 200', `HTTP/1.0 503 No\r\n\r\n${BODY}`, 'http'],
    ['a status line alone', 'HTTP/1.0 200 OK\r\n', 'http'],
    ['no body', 'HTTP/1.0 200 OK\r\n\r\n', 'http'],
    ['half a body', `HTTP/1.0 200 OK\r\n\r\n${BODY.slice(0, -3)}`, 'http'],
    ['two bodies', `HTTP/1.0 200 OK\r\n\r\n${BODY}${BODY}`, 'http'],
    ['nothing', '', 'silent'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', 'silent'],
    ['JSON without HTTP', BODY, 'silent'],
  ] as const)('%s', async ([, bytes, kind]) => {
    expect(await probeOne((socket) => socket.end(bytes))).toEqual({ kind })
  })

  it('a reply that never ends, although what came would be a whole one', async () => {
    const reply = await probeOne(
      (socket) => socket.write(`HTTP/1.0 200 OK\r\nContent-Length: 9999\r\n\r\n{`),
      {
        timeoutMs: SHORT_MS,
      },
    )
    expect(reply).toEqual({ kind: 'http' })
  })

  it.for(['127.0.0.1', '::1', '0.0.0.0', '::'])(
    'an address where no process listens: %s',
    async (address) => {
      expect(await probe(address, nextPort(), '/api/health', SHORT_MS)).toEqual({ kind: 'silent' })
    },
  )
})

describe('probe and a predecessor that serves one connection at a time', () => {
  it('does not leave it deaf', async () => {
    const dashboard = await spawnPredecessor({ family: 'dashboard', port: nextPort(), project: makeHome() })
    const idle = connect(dashboard.port, '127.0.0.1')
    await once(idle, 'connect')
    // While a browser's idle connection is served it serves no one else; the probe that waits in vain must not stay behind.
    expect(await probe('127.0.0.1', dashboard.port, '/api/health', SHORT_MS)).toEqual({ kind: 'silent' })
    idle.destroy()
    for (const _ of [1, 2, 3]) {
      const reply = await probe('127.0.0.1', dashboard.port, '/api/health', LONG_MS)
      expect(reply).toMatchObject({ kind: 'json', body: { status: 'ok' } })
    }
  })
})
