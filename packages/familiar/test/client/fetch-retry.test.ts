import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { fetchWithRetry, type FetchInit } from '../../src/client/fetch.js'
import { readInit } from '../../src/client/fetch-init.js'
import { send } from '../../src/client/send-request.js'
import type { DaemonRecord } from '../../src/protocol/record.js'
import { leaveNothing } from '../helpers/leaks.js'
import {
  family,
  healthFor,
  proofReply,
  startDaemon,
  startRaw,
  startRawDaemon,
  TOKEN,
  type Listener,
} from '../helpers/stand-in.js'

leaveNothing()

/** Daemons that do not get the request, each in its way. */
const NOT_SENT: readonly (readonly [string, () => Promise<Listener>])[] = [
  [
    'that is gone',
    async () => {
      const daemon = await startDaemon(() => undefined)
      await daemon.close()
      return daemon
    },
  ],
  [
    'whose port another one has',
    () =>
      startRaw((socket, head) => {
        const body = healthFor(head, socket.localPort ?? 0, 'd4'.repeat(32))
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      }),
  ],
  ['that closes the connection at once', () => startRaw((socket) => void socket.destroy())],
  ['that is silent', () => startRaw(() => undefined)],
]

/** Daemons that may have got the request: they break off after it. */
const CUT: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['that closes the connection', (socket) => void socket.end()],
  ['that resets the connection', (socket) => void socket.resetAndDestroy()],
  ['that breaks off in the head of its reply', (socket) => void socket.end('HTTP/1.1 200 OK\r\nCont')],
]

/** A daemon that takes the place of another one, and what it was sent. */
async function startNext() {
  const bodies: string[] = []
  const daemon = await startDaemon((message, response) => {
    let body = ''
    message.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
    message.on('end', () => {
      bodies.push(body)
      response.end(`next ${message.method} ${message.url}`)
    })
  })
  let times = 0
  const reconnect = async (): Promise<DaemonRecord> => {
    times += 1
    return daemon.record
  }
  return { daemon, bodies, reconnect, times: () => times }
}

/** A stream that can be read once, and whether it was begun. */
function streamOf(...parts: readonly string[]) {
  const stream = { isBegun: false, body: read() }
  async function* read(): AsyncGenerator<Uint8Array> {
    stream.isBegun = true
    for (const part of parts) yield Buffer.from(part)
  }
  return stream
}

const QUICK = { headersTimeoutMs: 300 } as const

describe('a request that was not sent goes to the next daemon', () => {
  it.for(NOT_SENT)('after one %s', async ([, start]) => {
    const first = await start()
    const next = await startNext()
    const init = { ...QUICK, method: 'POST', body: 'once' }
    const reply = await fetchWithRetry(family, first.record, next.reconnect, '/do', init)
    expect(await reply.text()).toBe('next POST /do')
    expect([next.bodies, next.times()]).toEqual([['once'], 1])
  })

  it.for(NOT_SENT)('a stream too, whole, after one %s', async ([, start]) => {
    const first = await start()
    const next = await startNext()
    const stream = streamOf('a', 'b')
    const init = { ...QUICK, method: 'POST', body: stream.body }
    const reply = await fetchWithRetry(family, first.record, next.reconnect, '/do', init)
    expect(await reply.text()).toBe('next POST /do')
    expect(next.bodies).toEqual(['ab'])
  })

  it('after an older one that left right after its proof', async () => {
    const next = await startNext()
    const first = await startRaw((socket, head) => {
      first.stopListening()
      socket.end(proofReply(head, first.port, 'close'))
    })
    const stream = streamOf('a', 'b')
    const init = { method: 'POST', body: stream.body }
    const reply = await fetchWithRetry(family, first.record, next.reconnect, '/do', init)
    expect(await reply.text()).toBe('next POST /do')
    expect(next.bodies).toEqual(['ab'])
  })

  it('after one whose connection has closed right after the proof', async () => {
    const { port, record } = await startDaemon(() => undefined)
    const socket = connect(port, '127.0.0.1')
    socket.destroy()
    const stream = streamOf('a')
    const outgoing = readInit('/', { method: 'POST', body: stream.body })
    const sending = { family, record, socket, token: TOKEN, outgoing, signal: undefined, timeoutMs: 10_000 }
    expect(await send(sending)).toMatchObject({
      outcome: 'not_sent',
      error: { code: 'E_DAEMON_UNREACHABLE' },
    })
    expect(stream.isBegun).toBe(false)
  })

  it('once only: if that one is gone too, the error is the second one', async () => {
    const [first, second] = await Promise.all([startDaemon(() => undefined), startDaemon(() => undefined)])
    await Promise.all([first.close(), second.close()])
    let times = 0
    const reconnect = async (): Promise<DaemonRecord> => {
      times += 1
      return second.record
    }
    await expect(fetchWithRetry(family, first.record, reconnect, '/')).rejects.toMatchObject({
      code: 'E_DAEMON_UNREACHABLE',
      message: expect.stringContaining(`port ${second.port}`),
    })
    expect(times).toBe(1)
  })

  it('unless no daemon can be had: then that is the error', async () => {
    const [, start] = NOT_SENT[0] ?? [null, () => startDaemon(() => undefined)]
    const error = new Error('none may be started')
    const first = await start()
    await expect(fetchWithRetry(family, first.record, () => Promise.reject(error), '/')).rejects.toBe(error)
  })
})

describe('a request that may have been received', () => {
  it.for(CUT.flatMap(([name, cut]) => ['GET', 'HEAD'].map((method) => [method, name, cut] as const)))(
    'is sent again if it is %s, after one %s',
    async ([method, , cut]) => {
      const first = await startRawDaemon(cut)
      const next = await startNext()
      const reply = await fetchWithRetry(family, first.record, next.reconnect, '/a', { method })
      expect(reply.status).toBe(200)
      expect([next.bodies, next.times()]).toEqual([[''], 1])
    },
  )

  it.for(CUT)('is sent again if the author allows it, after one %s', async ([, cut]) => {
    const first = await startRawDaemon(cut)
    const next = await startNext()
    const init = { method: 'POST', body: Buffer.from('again'), retry: true }
    const reply = await fetchWithRetry(family, first.record, next.reconnect, '/a', init)
    expect(await reply.text()).toBe('next POST /a')
    expect([next.bodies, next.times()]).toEqual([['again'], 1])
  })

  it.for(
    CUT.flatMap(([name, cut]) =>
      (
        [
          ['a POST', { method: 'POST', body: 'x' }],
          ['a POST without body', { method: 'POST' }],
          ['a DELETE', { method: 'DELETE' }],
          ['a POST that must not be', { method: 'POST', retry: false }],
        ] as readonly (readonly [string, FetchInit])[]
      ).map(([what, init]) => [what, name, init, cut] as const),
    ),
  )('is not sent again if it is %s, after one %s', async ([, , init, cut]) => {
    const first = await startRawDaemon(cut)
    const next = await startNext()
    await expect(fetchWithRetry(family, first.record, next.reconnect, '/a', init)).rejects.toMatchObject({
      code: 'E_REQUEST_INTERRUPTED',
      retry: false,
    })
    expect([next.bodies, next.times()]).toEqual([[], 0])
  })

  it.for(CUT)(
    'is not sent again if it is a stream, whatever the author allows, after one %s',
    async ([, cut]) => {
      const first = await startRawDaemon(cut)
      const next = await startNext()
      const init = { method: 'POST', body: streamOf('a').body, retry: true }
      await expect(fetchWithRetry(family, first.record, next.reconnect, '/a', init)).rejects.toMatchObject({
        code: 'E_REQUEST_INTERRUPTED',
      })
      expect([next.bodies, next.times()]).toEqual([[], 0])
    },
  )

  it('is sent twice at most', async () => {
    let tries = 0
    const first = await startRawDaemon((socket) => {
      tries += 1
      socket.destroy()
    })
    await expect(
      fetchWithRetry(family, first.record, () => Promise.resolve(first.record), '/', { retry: true }),
    ).rejects.toMatchObject({ code: 'E_REQUEST_INTERRUPTED' })
    expect(tries).toBe(2)
  })

  it('is not sent again if the daemon let the whole time pass', async () => {
    const first = await startRawDaemon(() => undefined)
    const next = await startNext()
    await expect(
      fetchWithRetry(family, first.record, next.reconnect, '/', { ...QUICK, retry: true }),
    ).rejects.toMatchObject({ code: 'E_DAEMON_UNRESPONSIVE' })
    expect(next.times()).toBe(0)
  })
})

/** A daemon that answers as its own shutdown makes it. */
const refusing = (refused: string) =>
  startDaemon((_, response) =>
    response.writeHead(503, { 'x-familiar-refused': refused }).end('{"error":"stopping"}'),
  )

describe('a request that the daemon itself refuses', () => {
  it.for([
    ['a GET', {}],
    ['a POST', { method: 'POST', body: 'once' }],
    ['one that must not be repeated', { method: 'POST', body: 'once', retry: false }],
  ] as readonly (readonly [string, FetchInit])[])(
    'is sent again if it has not begun: %s',
    async ([, init]) => {
      const first = await refusing('not_begun')
      const next = await startNext()
      const reply = await fetchWithRetry(family, first.record, next.reconnect, '/a', init)
      expect([reply.status, next.bodies, next.times()]).toEqual([200, [init.body ?? ''], 1])
      expect(first.open()).toBe(0)
    },
  )

  it('is not sent again if it is a stream, of which a part was read', async () => {
    const first = await refusing('not_begun')
    const next = await startNext()
    const init = { method: 'POST', body: streamOf('a').body, retry: true }
    await expect(fetchWithRetry(family, first.record, next.reconnect, '/a', init)).rejects.toMatchObject({
      code: 'E_DAEMON_UNREACHABLE',
      retry: true,
    })
    expect(next.times()).toBe(0)
  })

  it.for([
    ['a GET', {}],
    ['one that may be repeated', { method: 'POST', body: 'x', retry: true }],
  ] as readonly (readonly [string, FetchInit])[])(
    'is sent again if it may have begun: %s',
    async ([, init]) => {
      const first = await refusing('maybe_begun')
      const next = await startNext()
      expect((await fetchWithRetry(family, first.record, next.reconnect, '/a', init)).status).toBe(200)
      expect(next.times()).toBe(1)
    },
  )

  it('is not sent again if it may have begun, and must not be repeated', async () => {
    const first = await refusing('maybe_begun')
    const next = await startNext()
    const init = { method: 'POST', body: 'x' }
    await expect(fetchWithRetry(family, first.record, next.reconnect, '/a', init)).rejects.toMatchObject({
      code: 'E_REQUEST_INTERRUPTED',
      message: expect.stringContaining('shut down while it handled the request'),
    })
    expect(next.times()).toBe(0)
  })

  it('in words that nobody knows is a reply', async () => {
    const first = await refusing('of_a_later_version')
    const next = await startNext()
    const reply = await fetchWithRetry(family, first.record, next.reconnect, '/', { retry: true })
    expect([reply.status, await reply.text(), next.times()]).toEqual([503, '{"error":"stopping"}', 0])
  })
})

describe('a reply that has begun is never asked for again', () => {
  it.for([
    [503, '{"error":"starting"}'],
    [401, '{"error":"invalid_token"}'],
    [500, ''],
  ] as const)('if its status is %i', async ([status, body]) => {
    const first = await startDaemon((_, response) => response.writeHead(status).end(body))
    const next = await startNext()
    const reply = await fetchWithRetry(family, first.record, next.reconnect, '/', { retry: true })
    expect([reply.status, await reply.text(), next.times()]).toEqual([status, body, 0])
  })

  it('if it is cut off', async () => {
    const first = await startRawDaemon((socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello')
    })
    const next = await startNext()
    const reply = await fetchWithRetry(family, first.record, next.reconnect, '/', { retry: true })
    await expect(reply.text()).rejects.toMatchObject({ code: 'E_REQUEST_INTERRUPTED' })
    expect(next.times()).toBe(0)
  })
})

describe('what is not an outcome of a try is not tried again', () => {
  it('wrong use, and an error of the author’s stream', async () => {
    const daemon = await startDaemon((message) => message.resume())
    const next = await startNext()
    await expect(
      fetchWithRetry(family, daemon.record, next.reconnect, '//evil/', { retry: true }),
    ).rejects.toThrow(TypeError)
    const error = new Error('no more')
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a')
      throw error
    }
    await expect(
      fetchWithRetry(family, daemon.record, next.reconnect, '/', { method: 'POST', body: body() }),
    ).rejects.toBe(error)
    expect(next.times()).toBe(0)
  })
})
