import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { fetchFrom } from '../../src/client/fetch.js'
import { eventually } from '../helpers/eventually.js'
import { leaveNothing } from '../helpers/leaks.js'
import { family, startDaemon, startRawDaemon } from '../helpers/stand-in.js'

leaveNothing()

/** A daemon that answers with these bytes; the connection is then left open, ended or reset. */
function startSaying(bytes: string, then: 'stay' | 'end' | 'reset' = 'stay') {
  return startRawDaemon((socket: Socket) => {
    socket.write(bytes, 'latin1', () => {
      if (then === 'end') socket.end()
      if (then === 'reset') socket.resetAndDestroy()
    })
  })
}

const INTERRUPTED = { code: 'E_REQUEST_INTERRUPTED', retry: false }

describe('a reply is read to its end', () => {
  it.for([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'stay'],
    [
      'in chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n',
      'stay',
    ],
    [
      'in chunks with trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-a\r\n\r\n5\r\nhello\r\n0\r\nX-A: b\r\n\r\n',
      'stay',
    ],
    ['until the end of the connection', 'HTTP/1.1 200 OK\r\n\r\nhello', 'end'],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nhello', 'end'],
    ['of HTTP/1.0 with a length', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'stay'],
    [
      'after others that announce it',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      'stay',
    ],
    [
      'with something after it',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 500 No\r\n\r\n',
      'stay',
    ],
    [
      'with a length, and the end of the connection',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
      'end',
    ],
  ] as const)('%s', async ([, bytes, then]) => {
    const daemon = await startSaying(bytes, then)
    const reply = await fetchFrom(family, daemon.record, '/', { method: 'POST' })
    expect([reply.status, await reply.text()]).toEqual([200, 'hello'])
    await eventually(() => expect(daemon.open()).toBe(0))
  })

  it.for([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 200],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 200],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['POST', 'HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', 304],
    ['POST', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 200],
  ] as const)('%s may have none: %j', async ([method, bytes, status]) => {
    const daemon = await startSaying(bytes)
    const reply = await fetchFrom(family, daemon.record, '/', { method })
    expect([reply.status, (await reply.bytes()).length]).toEqual([status, 0])
    await eventually(() => expect(daemon.open()).toBe(0))
  })

  it('even if it was complete before it was read, and the connection closed', async () => {
    const daemon = await startSaying('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'end')
    const reply = await fetchFrom(family, daemon.record, '/')
    await eventually(() => expect(daemon.open()).toBe(0))
    expect(await reply.text()).toBe('hello')
  })

  it('in parts, as they come', async () => {
    let go = (): void => undefined
    const daemon = await startDaemon((_, response) => {
      response.write('one')
      go = () => void response.end('two')
    })
    const reply = await fetchFrom(family, daemon.record, '/')
    const parts: string[] = []
    for await (const part of reply.body) {
      parts.push(Buffer.from(part).toString('utf8'))
      go()
    }
    expect(parts).toEqual(['one', 'two'])
  })

  it('while the body of the request is still being sent', async () => {
    const daemon = await startDaemon((message, response) => {
      response.flushHeaders()
      message.pipe(response)
    })
    let next: (part: Uint8Array | null) => void = () => undefined
    async function* body(): AsyncGenerator<Uint8Array> {
      for (;;) {
        const part = await new Promise<Uint8Array | null>((resolve) => (next = resolve))
        if (part === null) return
        yield part
      }
    }
    const reply = await fetchFrom(family, daemon.record, '/', { method: 'POST', body: body() })
    const echo: string[] = []
    next(Buffer.from('1'))
    for await (const part of reply.body) {
      echo.push(Buffer.from(part).toString('utf8'))
      next(echo.length < 3 ? Buffer.from(String(echo.length + 1)) : null)
    }
    expect(echo).toEqual(['1', '2', '3'])
    await eventually(() => expect(daemon.open()).toBe(0))
  })
})

describe('a reply that is cut off rejects', () => {
  it.for([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello', 'end'],
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello', 'reset'],
    ['before its first byte', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n', 'end'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello', 'end'],
    ['between two chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'end'],
    ['in the last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n', 'end'],
    [
      'by chunks that are none',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzzz\r\n',
      'stay',
    ],
  ] as const)('%s: %j, %s', async ([, bytes, then]) => {
    for (const read of ['text', 'json', 'bytes'] as const) {
      const daemon = await startSaying(bytes, then)
      const reply = await fetchFrom(family, daemon.record, '/')
      expect(reply.status).toBe(200)
      await expect(reply[read]()).rejects.toMatchObject({
        ...INTERRUPTED,
        message: expect.stringContaining('was cut off'),
      })
      await eventually(() => expect(daemon.open()).toBe(0))
    }
  })

  it('after the parts that arrived', async () => {
    let cut = (): void => undefined
    const daemon = await startDaemon((_, response) => {
      response.write('one')
      cut = () => void response.destroy()
    })
    const reply = await fetchFrom(family, daemon.record, '/')
    const parts: string[] = []
    const read = async (): Promise<void> => {
      for await (const part of reply.body) {
        parts.push(Buffer.from(part).toString('utf8'))
        cut()
      }
    }
    await expect(read()).rejects.toMatchObject(INTERRUPTED)
    expect(parts).toEqual(['one'])
  })

  it('even if it is read only long afterwards, and that ends no process', async () => {
    const daemon = await startSaying('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello', 'reset')
    const reply = await fetchFrom(family, daemon.record, '/')
    await eventually(() => expect(daemon.open()).toBe(0))
    await expect(reply.text()).rejects.toMatchObject(INTERRUPTED)
  })
})

describe('what is no reply', () => {
  it.for([
    ['nothing', '', 'end'],
    ['a reset', '', 'reset'],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-Le', 'end'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'stay'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello', 'stay'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      'stay',
    ],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      'stay',
    ],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'X-A: b\r\n'.repeat(20_000)}`, 'stay'],
    ['only an announcement', 'HTTP/1.1 100 Continue\r\n\r\n', 'end'],
  ] as const)('rejects: %s', async ([, bytes, then]) => {
    const daemon = await startSaying(bytes, then)
    const sent = fetchFrom(family, daemon.record, '/', { method: 'POST', body: 'x' })
    await expect(sent).rejects.toMatchObject({
      ...INTERRUPTED,
      message: expect.stringContaining('may have done'),
    })
    await eventually(() => expect(daemon.open()).toBe(0))
  })
})

describe('a reply', () => {
  it('has its headers under their names in any case', async () => {
    const daemon = await startSaying(
      'HTTP/1.1 201 Created\r\nX-One: a\r\nx-ONE: b\r\nSet-Cookie: a=1; Path=/\r\nSET-COOKIE: b=2\r\nETag: "x"\r\nContent-Length: 0\r\n\r\n',
    )
    const { headers, ok, status } = await fetchFrom(family, daemon.record, '/')
    expect([ok, status]).toEqual([true, 201])
    expect([headers.get('x-one'), headers.get('X-One'), headers.get('etag')]).toEqual(['a, b', 'a, b', '"x"'])
    expect(headers.get('Set-Cookie')).toBe('a=1; Path=/, b=2')
    expect([headers.has('ETAG'), headers.has('x-two'), headers.get('x-two')]).toEqual([true, false, null])
    expect([headers.get('__proto__'), headers.has('constructor')]).toEqual([null, false])
    expect([...headers]).toEqual([
      ['x-one', 'a, b'],
      ['etag', '"x"'],
      ['content-length', '0'],
      ['set-cookie', 'a=1; Path=/'],
      ['set-cookie', 'b=2'],
    ])
  })

  it('that redirects is returned, and not followed', async () => {
    const other = await startDaemon((_, response) => response.end('elsewhere'))
    const daemon = await startDaemon((_, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${other.port}/` }).end('go')
    })
    const reply = await fetchFrom(family, daemon.record, '/')
    expect([reply.ok, reply.status, await reply.text()]).toEqual([false, 302, 'go'])
    expect(other.connections()).toBe(0)
  })

  it('gives text without a byte order mark, bytes as they are, and JSON', async () => {
    const bytes = Buffer.from('\uFEFF{"a":"ä"}')
    const daemon = await startDaemon((_, response) => response.end(bytes))
    const ask = () => fetchFrom(family, daemon.record, '/')
    expect(await (await ask()).text()).toBe('{"a":"ä"}')
    expect(await (await ask()).json()).toEqual({ a: 'ä' })
    const got = await (await ask()).bytes()
    expect(got).toEqual(new Uint8Array(bytes))
    expect(got.buffer.byteLength).toBe(got.length)
  })

  it('that is not JSON rejects as JSON', async () => {
    const daemon = await startDaemon((_, response) => response.end('{'))
    await expect((await fetchFrom(family, daemon.record, '/')).json()).rejects.toThrow(SyntaxError)
  })

  it('can be read once', async () => {
    const daemon = await startDaemon((_, response) => response.end('x'))
    const reply = await fetchFrom(family, daemon.record, '/')
    const [first, second] = await Promise.allSettled([reply.text(), reply.bytes()])
    expect(first).toEqual({ status: 'fulfilled', value: 'x' })
    expect(second).toMatchObject({ status: 'rejected', reason: expect.any(TypeError) })
    await expect(reply.json()).rejects.toThrow('has been read already')
    await expect(reply.body[Symbol.asyncIterator]().next()).rejects.toThrow('has been read already')
  })

  it('closes the connection when a loop over it is left, and stops the stream that is sent', async () => {
    let isClosed = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(1024)
      } finally {
        isClosed = true
      }
    }
    const daemon = await startDaemon((message, response) => message.pipe(response))
    const reply = await fetchFrom(family, daemon.record, '/', { method: 'POST', body: endless() })
    for await (const part of reply.body) if (part.length > 0) break
    await eventually(() => expect([isClosed, daemon.open()]).toEqual([true, 0]))
    await expect(reply.text()).rejects.toThrow('has been read already')
  })
})
