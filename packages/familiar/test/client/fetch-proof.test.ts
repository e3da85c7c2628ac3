import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { fetchFrom, type FetchInit } from '../../src/client/fetch.js'
import { leaveNothing } from '../helpers/leaks.js'
import {
  family,
  healthFor,
  proofReply,
  recordAt,
  startDaemon,
  startRaw,
  TOKEN,
  type RawListener,
} from '../helpers/stand-in.js'

leaveNothing()

/** What must not be seen by anything but the daemon. */
const SECRET = 'the-secret-body'
const PATH = '/secret-path'
const POST: FetchInit = { method: 'POST', body: SECRET, headers: { 'x-secret': 'header' } }

const HEAD = 'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n'

function replyWith(body: string): string {
  return `${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`
}

/** Fails the test if a listener has got anything but requests for the proof. */
function expectNothingSecret(listener: RawListener): void {
  const received = listener.received()
  for (const secret of [TOKEN, SECRET, PATH, 'secret', 'authorization', 'Bearer']) {
    expect(received.toLowerCase()).not.toContain(secret.toLowerCase())
  }
  const requests = received.split('\r\n\r\n').filter((text) => text !== '')
  for (const request of requests) expect(request).toMatch(/^GET \/api\/health HTTP\/1\.1\r\n/)
}

type Evil = (socket: Socket, head: string) => void

const port = (socket: Socket): number => socket.localPort ?? 0

const IMPOSTORS: readonly (readonly [string, Evil])[] = [
  [
    'has another token',
    (socket, head) => socket.write(replyWith(healthFor(head, port(socket), 'c3'.repeat(32)))),
  ],
  [
    'relays the proof of the daemon on another port',
    (socket, head) => socket.write(replyWith(healthFor(head, port(socket) + 1))),
  ],
  [
    'repeats a proof that it saw',
    (socket) => socket.write(replyWith(healthFor(`x-familiar-nonce: ${'0'.repeat(32)}`, port(socket)))),
  ],
  ['gives no proof', (socket) => socket.write(replyWith('{"status":"ok","daemon_family":"sync"}'))],
  [
    'gives a proof and no self-report',
    (socket, head) => {
      const { proof } = JSON.parse(healthFor(head, port(socket))) as { readonly proof: string }
      socket.write(replyWith(JSON.stringify({ proof })))
    },
  ],
  ['answers with an empty proof', (socket) => socket.write(replyWith('{"status":"ok","proof":""}'))],
  ['answers with something that is not JSON', (socket) => socket.write(replyWith('hello'))],
  [
    'redirects',
    (socket) =>
      socket.write(`HTTP/1.1 307 See\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n`),
  ],
  ['says to go on', (socket) => socket.write('HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n')],
  [
    'never stops',
    (socket) => {
      socket.write(`${HEAD}Content-Length: 999999\r\n\r\n`)
      const more = (): void =>
        void socket.write(' '.repeat(65_536), () => setImmediate(() => !socket.destroyed && more()))
      more()
    },
  ],
]

const CLOSERS: readonly (readonly [string, Evil])[] = [
  ['closes at once', (socket) => socket.destroy()],
  ['resets', (socket) => socket.resetAndDestroy()],
  ['does not speak HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
]

describe('a listener that is not the daemon gets neither the token nor the request', () => {
  it.for(IMPOSTORS)('one that %s', async ([, evil]) => {
    const impostor = await startRaw(evil)
    await expect(fetchFrom(family, impostor.record, PATH, POST)).rejects.toMatchObject({
      code: 'E_DAEMON_UNREACHABLE',
      retry: true,
      message: expect.stringContaining('something else answers on its port'),
    })
    expectNothingSecret(impostor)
  })

  it.for(CLOSERS)('one that %s', async ([, evil]) => {
    const impostor = await startRaw(evil)
    await expect(fetchFrom(family, impostor.record, PATH, POST)).rejects.toMatchObject({
      code: 'E_DAEMON_UNREACHABLE',
      message: expect.stringContaining('closed it'),
    })
    expectNothingSecret(impostor)
  })

  it('one that is silent', async () => {
    const impostor = await startRaw(() => undefined)
    const error = { code: 'E_DAEMON_UNRESPONSIVE', message: expect.stringContaining('was not sent') }
    await expect(
      fetchFrom(family, impostor.record, PATH, { ...POST, headersTimeoutMs: 300 }),
    ).rejects.toMatchObject(error)
    expectNothingSecret(impostor)
  })

  it('one that breaks off in its reply', async () => {
    const impostor = await startRaw((socket, head) => {
      socket.end(proofReply(head, port(socket), 'keep-alive').slice(0, -1))
    })
    await expect(fetchFrom(family, impostor.record, PATH, POST)).rejects.toMatchObject({
      code: 'E_DAEMON_UNREACHABLE',
    })
    expectNothingSecret(impostor)
  })

  it('one that has taken the port over since the daemon was connected to', async () => {
    const daemon = await startDaemon((_, response) => response.end('fine'))
    const { record } = daemon
    expect(await (await fetchFrom(family, record, PATH, POST)).text()).toBe('fine')
    await daemon.close()
    const impostor = await startRaw((socket) => {
      socket.write(replyWith(healthFor(`x-familiar-nonce: ${'0'.repeat(32)}`, record.port)))
    }, record.port)
    await expect(fetchFrom(family, record, PATH, POST)).rejects.toMatchObject({
      code: 'E_DAEMON_UNREACHABLE',
    })
    await expect(
      fetchFrom(family, record, PATH, { method: 'POST', body: streamOf(SECRET) }),
    ).rejects.toMatchObject({ code: 'E_DAEMON_UNREACHABLE' })
    expect(impostor.connections()).toBe(2)
    expectNothingSecret(impostor)
  })

  it('one that has taken the port over between the proof and the request', async () => {
    let impostor: Promise<RawListener> | null = null
    const daemon = await startRaw((socket, head) => {
      socket.write(proofReply(head, port(socket), 'keep-alive'))
      const closed = daemon.close()
      impostor ??= closed.then(() => startRaw(() => undefined, daemon.port))
    })
    await expect(fetchFrom(family, daemon.record, PATH, POST)).rejects.toThrow('sync daemon')
    const taken = await (impostor as Promise<RawListener> | null)
    expect(taken?.connections()).toBe(0)
    expect(taken?.received()).toBe('')
  })
})

async function* streamOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

describe('without anything to prove', () => {
  it.for(['token', 'pid', 'instanceId'] as const)('a record without %s connects to nothing', async (name) => {
    const listener = await startRaw(() => undefined)
    await expect(fetchFrom(family, { ...listener.record, [name]: null }, PATH, POST)).rejects.toMatchObject({
      code: 'E_DAEMON_UNREACHABLE',
    })
    expect(listener.connections()).toBe(0)
  })

  it('a port on which nothing listens is that of a daemon that is gone', async () => {
    const daemon = await startDaemon(() => undefined)
    await daemon.close()
    await expect(fetchFrom(family, recordAt(daemon.port), PATH, POST)).rejects.toMatchObject({
      code: 'E_DAEMON_UNREACHABLE',
      message: `the sync daemon (process ${process.pid}, port ${daemon.port}) is gone: it does not accept the connection, or closed it; the request was not sent`,
    })
  })
})
