import { randomBytes } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { fetchFrom, type FetchInit } from '../../src/client/fetch.js'
import { readOwnRecord } from '../../src/observe/read-records.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import { leaveNoDaemons, startDaemonIn, UNHURRIED } from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { portsOf } from '../helpers/ports.js'
import { family, startDaemon } from '../helpers/stand-in.js'

leaveNothing()

/** What a daemon got, sent back as JSON. */
async function startEcho(afterProof: 'keep-alive' | 'close' = 'keep-alive') {
  return startDaemon(
    (message, response) => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.on('end', () => {
        const { method, url, headers } = message
        const body = Buffer.concat(chunks).toString('utf8')
        response.end(JSON.stringify({ method, url, headers, body }))
      })
    },
    { afterProof },
  )
}

async function* streamOf(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

describe('a request', () => {
  it('goes over the connection on which the daemon has proved itself, and that is the only one', async () => {
    const daemon = await startEcho()
    const reply = await fetchFrom(family, daemon.record, '/render?a=1', {
      method: 'POST',
      headers: { 'X-Kind': 'test' },
      body: 'grün',
    })
    expect([reply.ok, reply.status]).toEqual([true, 200])
    expect(await reply.json()).toMatchObject({
      method: 'POST',
      url: '/render?a=1',
      body: 'grün',
      headers: {
        host: `127.0.0.1:${daemon.port}`,
        connection: 'close',
        'x-kind': 'test',
        'content-type': 'text/plain;charset=UTF-8',
        'content-length': '5',
      },
    })
    expect(daemon.connections()).toBe(1)
    await eventually(() => expect(daemon.open()).toBe(0))
  })

  it('goes over a second connection where an older daemon closes the first', async () => {
    const daemon = await startEcho('close')
    const reply = await fetchFrom(family, daemon.record, '/', { method: 'PUT', body: streamOf('a', 'b') })
    expect(await reply.json()).toMatchObject({ method: 'PUT', body: 'ab' })
    expect(daemon.connections()).toBe(2)
  })
})

describe('the path of a request', () => {
  it.for([
    ['/', '/'],
    ['/grün/✓?q=ä ö', '/gr%C3%BCn/%E2%9C%93?q=%C3%A4%20%C3%B6'],
    ['/a%20b%2Fc', '/a%20b%2Fc'],
    ['/100%', '/100%25'],
    ['/a%2541', '/a%2541'],
    ['/a\r\nx-evil: 1', '/a%0D%0Ax-evil:%201'],
    ['/\\evil/', '/%5Cevil/'],
    ['/http://evil/', '/http://evil/'],
    ['/../..', '/../..'],
    ['/?a=1&b=[]', '/?a=1&b=%5B%5D'],
  ] as const)('%j is sent to the daemon as %j', async ([path, url]) => {
    const daemon = await startEcho()
    const reply = await fetchFrom(family, daemon.record, path)
    expect(await reply.json()).toMatchObject({ method: 'GET', url, body: '' })
  })

  it.for([
    ['', 'begins with one slash'],
    ['a', 'begins with one slash'],
    ['//evil/', 'begins with one slash'],
    ['http://evil/', 'begins with one slash'],
    ['*', 'begins with one slash'],
    ['/a#b', 'has no fragment'],
    ['/\ud800', 'is not valid Unicode'],
  ] as const)('%j is refused', async ([path, why]) => {
    await expectRefused(path, {}, why)
  })
})

const RESERVED = [
  'authorization',
  'Authorization',
  'HOST',
  'content-length',
  'Connection',
  'transfer-encoding',
  'expect',
  'upgrade',
  'trailer',
]

describe('a request that cannot be sent', () => {
  it.for(RESERVED)('with the header %s is refused', async (name) => {
    await expectRefused('/', { headers: { [name]: 'x' } }, 'is set by the library')
  })

  it.for([
    [{ headers: { 'x-a': 'b\r\nauthorization: c' } }, 'has a character that a header cannot carry'],
    [{ headers: { 'x-a': 'b\nc' } }, 'has a character that a header cannot carry'],
    [{ headers: { 'x-a': '✓' } }, 'has a character that a header cannot carry'],
    [{ headers: { 'x-a': 1 } }, 'has a character that a header cannot carry'],
    [{ headers: { 'x a': 'b' } }, 'is not the name of a header'],
    [{ headers: { 'x:\r\ny': 'b' } }, 'is not the name of a header'],
    [{ headers: { '': 'b' } }, 'is not the name of a header'],
    [{ method: 'GET /evil HTTP/1.1\r\n\r\n' }, 'is not a method'],
    [{ method: '' }, 'is not a method'],
    [{ method: 'connect' }, 'is not a method'],
    [{ method: 'GET', body: 'x' }, 'a GET request has no body'],
    [{ body: 'x' }, 'a GET request has no body'],
    [{ method: 'head', body: new Uint8Array(1) }, 'a HEAD request has no body'],
    [{ method: 'POST', body: 7 }, 'the body of a request is'],
    [{ method: 'POST', body: null }, 'the body of a request is'],
    [{ headersTimeoutMs: 0 }, 'must be a positive number'],
    [{ headersTimeoutMs: Number.NaN }, 'must be a positive number'],
  ] as const)('%j is refused', async ([init, why]) => {
    await expectRefused('/', init as unknown as FetchInit, why)
  })
})

/** Wrong use is a TypeError of one sentence, and nothing was sent. */
async function expectRefused(path: string, init: FetchInit, why: string): Promise<void> {
  const daemon = await startEcho()
  const error = await fetchFrom(family, daemon.record, path, init).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(TypeError)
  expect((error as TypeError).message).toContain(why)
  expect((error as TypeError).message).not.toContain('\n')
  expect(daemon.connections()).toBe(0)
}

describe('a body', () => {
  it.for([
    ['a string', 'POST', 'text'],
    ['bytes', 'PUT', Buffer.from('text')],
    ['a part of other bytes', 'PATCH', Buffer.from('a text b').subarray(2, 6)],
    ['no body', 'POST', undefined],
    ['an empty string', 'POST', ''],
  ] as const)('of %s has a length', async ([, method, body]) => {
    const daemon = await startEcho()
    const reply = await fetchFrom(family, daemon.record, '/', {
      method,
      ...(body === undefined ? {} : { body }),
    })
    const length = body === undefined ? 0 : body.length
    const echo = (await reply.json()) as { headers: Record<string, string>; body: string }
    expect(echo.headers['content-length']).toBe(String(length))
    expect(echo.headers).not.toHaveProperty('transfer-encoding')
    expect(echo.body).toBe(String(body ?? ''))
  })

  it.for(['POST', 'DELETE', 'OPTIONS', 'PROPFIND'])('that is a stream is chunked (%s)', async (method) => {
    const daemon = await startEcho()
    const reply = await fetchFrom(family, daemon.record, '/', { method, body: streamOf('a', '', 'b', 'c') })
    const echo = (await reply.json()) as { headers: Record<string, string>; body: string }
    expect(echo.headers['transfer-encoding']).toBe('chunked')
    expect(echo.body).toBe('abc')
  })

  it('of several megabytes arrives as it is', async () => {
    const daemon = await startDaemon((message, response) => message.pipe(response))
    const body = randomBytes(5 * 1024 * 1024 + 3)
    const reply = await fetchFrom(family, daemon.record, '/', { method: 'POST', body })
    expect(Buffer.compare(await reply.bytes(), body)).toBe(0)
  })

  it('that gives something else than bytes rejects, and is closed', async () => {
    const daemon = await startEcho()
    let isClosed = false
    async function* body(): AsyncGenerator<any> {
      try {
        yield Buffer.from('a')
        yield 'text'
      } finally {
        isClosed = true
      }
    }
    const sent = fetchFrom(family, daemon.record, '/', { method: 'POST', body: body() })
    await expect(sent).rejects.toThrow('must be a Uint8Array')
    await eventually(() => expect([isClosed, daemon.open()]).toEqual([true, 0]))
  })

  it('that throws rejects with that error, and destroys the connection', async () => {
    const daemon = await startEcho()
    const error = new Error('the disk is gone')
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a')
      throw error
    }
    const sent = fetchFrom(family, daemon.record, '/', { method: 'POST', body: body() })
    await expect(sent).rejects.toBe(error)
    await eventually(() => expect(daemon.open()).toBe(0))
  })
})

describe('a daemon of the built library', () => {
  const ports = portsOf('client/fetch')
  leaveNoDaemons(ports)

  it('proves itself, and answers', async () => {
    const { root } = await startDaemonIn(makeHome(), ports, { timing: UNHURRIED })
    const real = daemonFamily(ports)
    const record = readOwnRecord(real, root)
    if (record === null) throw new Error('there is no record')
    const reply = await fetchFrom(real, record, '/api/health')
    expect(reply.headers.get('Content-Type')).toBe('application/json')
    expect(await reply.json()).toMatchObject({ status: 'ok', owner: { pid: record.pid } })
    const other = await fetchFrom(real, record, '/nowhere', { method: 'POST', body: 'x' })
    expect([other.ok, other.status, await other.json()]).toEqual([false, 404, { error: 'not_found' }])
    const fake = { ...record, token: 'f'.repeat(64) }
    await expect(fetchFrom(real, fake, '/')).rejects.toMatchObject({ code: 'E_DAEMON_UNREACHABLE' })
  })
})

describe('32 requests side by side', () => {
  it('each get their own reply', async () => {
    const daemon = await startEcho()
    const { signal } = new AbortController()
    const warnings: Error[] = []
    const warn = (warning: Error): number => warnings.push(warning)
    process.on('warning', warn)
    const bodies = await Promise.all(
      Array.from({ length: 32 }, async (_, index) => {
        const init = { method: 'POST', body: streamOf('n', String(index)), signal }
        const reply = await fetchFrom(family, daemon.record, `/${index}`, init)
        return (await reply.json()) as object
      }),
    )
    expect(bodies).toMatchObject(
      Array.from({ length: 32 }, (_, index) => ({ url: `/${index}`, body: `n${index}` })),
    )
    expect(daemon.connections()).toBe(32)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await eventually(() => expect(daemon.open()).toBe(0))
    process.off('warning', warn)
    expect(warnings).toEqual([])
  })
})
