import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Handler } from '../../src/daemon/web-handler.js'
import { eventually, settled } from '../helpers/eventually.js'
import { MOST_ON_THE_WAY } from '../helpers/kernel-buffers.js'
import { leaveNoTalks, requestText, saidIn, talkTo, type Said, type Talk } from '../helpers/talk.js'
import { leaveNoServers, startWebServer } from '../helpers/web-server.js'

leaveNoTalks()
leaveNoServers()

const KIB = 1024
const MIB = 1024 * KIB

type Headers = Readonly<Record<string, string | null>>

/** A server with a public handler, and what a client without a token says to it. */
async function serve(publicHandler: Handler, options: Parameters<typeof startWebServer>[0] = {}) {
  const server = await startWebServer({
    handler: () => new Response('for those with a token'),
    publicHandler,
    ...options,
  })
  const begin = (line: string, headers?: Headers, body?: string): Talk =>
    talkTo(server.port, requestText(server.port, line, headers, body))
  const ask = async (line: string, headers?: Headers, body?: string): Promise<Said> =>
    saidIn(await begin(line, headers, body).closed())
  return { ...server, begin, ask }
}

const isPublic: Handler = () => new Response('for everybody')

describe('a request without a token', () => {
  it('is answered in public, and one with it is not', async () => {
    const { ask, authorization } = await serve(isPublic)
    expect(await ask('GET /a?b')).toMatchObject({ status: 200, body: 'for everybody', isWhole: true })
    expect((await ask('GET /', { Authorization: `${authorization}0` })).body).toBe('for everybody')
    expect((await ask('GET /', { Authorization: authorization })).body).toBe('for those with a token')
  })

  it('may only read: everything else needs the token, and so do routes, health and shutdown', async () => {
    let calls = 0
    const { ask } = await serve(
      () => {
        calls += 1
        return new Response()
      },
      { routes: { 'GET /route': async () => ({ status: 200, json: {} }) } },
    )
    const lines = ['POST /', 'PUT /', 'PATCH /', 'DELETE /', 'OPTIONS /', 'PROPFIND /', 'GET /route']
    for (const line of [...lines, 'HEAD /api/health', 'GET /api/shutdown', 'GET /api/shutdown?a']) {
      expect([line, (await ask(line)).status]).toEqual([line, 401])
    }
    expect((await ask('POST /')).body).toBe('{"error":"invalid_token"}')
    expect((await ask('GET /api/health')).body).toBe('{"status":"ok"}')
    expect(calls).toBe(0)
  })

  it.for([
    ['Host', 'evil.example', 'foreign_host'],
    ['Host', '127.0.0.1', 'foreign_host'],
    ['Origin', 'http://evil.example', 'foreign_origin'],
    ['Origin', 'null', 'foreign_origin'],
    ['Sec-Fetch-Site', 'cross-site', 'cross_site'],
    ['Sec-Fetch-Site', 'same-site', 'cross_site'],
  ] as const)('is refused with a foreign %s: %s', async ([name, value, error]) => {
    let calls = 0
    const { ask } = await serve(() => {
      calls += 1
      return new Response()
    })
    expect(await ask('GET /', { [name]: value })).toMatchObject({
      status: 403,
      body: JSON.stringify({ error }),
    })
    expect(calls).toBe(0)
  })

  it('from our own page is answered', async () => {
    const { ask, port } = await serve(isPublic)
    const own = { Origin: `http://127.0.0.1:${port}`, 'Sec-Fetch-Site': 'same-origin' }
    expect((await ask('GET /', own)).status).toBe(200)
  })

  it('has no body', async () => {
    const { ask } = await serve((request) => Response.json(request.body))
    expect(await ask('GET /', {}, 'x'.repeat(200_000))).toMatchObject({ status: 200, body: 'null' })
  })

  it('of HEAD gets no body, and no stream', async () => {
    let cancelled = 0
    const { ask, begin, activity } = await serve((request) => {
      const type = new URL(request.url).pathname.slice(1)
      const body = new ReadableStream({ cancel: () => void (cancelled += 1) })
      return new Response(body, { headers: { 'content-type': type } })
    })
    for (const type of ['text/plain', 'text/event-stream']) {
      const heard = await begin(`HEAD /${type}`).closed()
      expect(heard).toMatch(new RegExp(`^HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n[^]*\r\n\r\n$`))
    }
    expect([cancelled, activity.streams()]).toEqual([2, 0])
    expect((await ask('HEAD /')).status).toBe(200)
  })
})

describe('a public response', () => {
  it('lets no other website read it, and is never taken for another type', async () => {
    const { ask } = await serve(
      () =>
        new Response('x', {
          headers: {
            'Access-Control-Allow-Origin': '*',
            'Access-Control-Allow-Credentials': 'true',
            'access-control-expose-headers': 'x',
            'access-control-anything-new': 'x',
            'X-Content-Type-Options': 'sniff',
            'x-mine': 'kept',
          },
        }),
    )
    const { headers } = await ask('GET /')
    expect(headers.filter((line) => /^access-control/i.test(line))).toEqual([])
    expect(headers.filter((line) => /^x-/i.test(line)).toSorted()).toEqual([
      'x-content-type-options: nosniff',
      'x-mine: kept',
    ])
  })

  it('that fails is a 500 and a line in the log, and one that is junk too', async () => {
    const { ask, failures } = await serve((request) =>
      request.url.endsWith('/junk') ? ('junk' as never) : Promise.reject(new Error('broken')),
    )
    expect((await ask('GET /junk')).status).toBe(500)
    expect((await ask('GET /')).status).toBe(500)
    expect(failures().map(({ why }) => why)).toEqual([
      'the handler answered with string, which is not a Response',
      'broken',
    ])
  })

  it('of many MiB arrives whole, in one piece or in many', async () => {
    const piece = new Uint8Array(8 * MIB).fill(0x61)
    const { ask } = await serve((request) =>
      request.url.endsWith('/whole') ? new Response(piece) : new Response(new Blob([piece, piece]).stream()),
    )
    for (const [line, size] of [
      ['GET /whole', 8 * MIB],
      ['GET /stream', 16 * MIB],
    ] as const) {
      const { body, isWhole } = await ask(line)
      expect([line, body.length, isWhole]).toEqual([line, size, true])
    }
  })

  it('with too much behind its announced length is cut off, and the server lives', async () => {
    const { begin, ask, failures } = await serve(
      () => new Response(new Uint8Array(8 * MIB), { headers: { 'content-length': '100000' } }),
    )
    expect(saidIn(await begin('GET /').closed()).isWhole).toBe(false)
    expect((await ask('GET /api/health')).status).toBe(200)
    expect(failures()).toHaveLength(1)
  })

  it('is in flight until it ends, and made no faster than its client reads', async () => {
    const bytes = new Uint8Array(64 * KIB)
    let [made, isCancelled] = [0, false]
    const { begin, activity } = await serve(() => {
      const pull = async (to: ReadableStreamDefaultController): Promise<void> => {
        await nextTurn()
        made += bytes.length
        to.enqueue(bytes)
      }
      return new Response(new ReadableStream({ pull, cancel: () => void (isCancelled = true) }))
    })
    const talk = begin('GET /')
    await talk.hears('200')
    talk.pause()
    const atPause = made
    const later = await settled(() => made, atPause + 2 * MOST_ON_THE_WAY)
    expect(later - atPause).toBeLessThan(MOST_ON_THE_WAY)
    expect([activity.requests(), activity.streams()]).toEqual([1, 0])
    talk.leave()
    await eventually(() => expect([isCancelled, activity.requests()]).toEqual([true, 0]))
  })
})

/** A public handler of event streams, and of `/waits`, which waits until its client is gone. */
function events() {
  const streams = new Set<ReadableStreamDefaultController>()
  const handler: Handler = async (request, { signal }) => {
    if (request.url.endsWith('/waits')) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return new Response()
    }
    let controller: ReadableStreamDefaultController
    const body = new ReadableStream({
      start: (to) => {
        controller = to
        streams.add(to)
        to.enqueue(Buffer.from('data: hello\n\n'))
      },
      cancel: () => void streams.delete(controller),
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
  }
  const send = (text: string): void => {
    for (const to of streams) to.enqueue(Buffer.from(text))
  }
  return { handler, send, count: () => streams.size }
}

describe('an event stream', () => {
  it('is no request in flight, arrives as it is sent, and is cancelled when its client goes', async () => {
    const { handler, send, count } = events()
    const { begin, activity } = await serve(handler)
    const talk = begin('GET /')
    await talk.hears('data: hello')
    expect([activity.requests(), activity.streams(), count()]).toEqual([0, 1, 1])
    send('data: more\n\n')
    await talk.hears('data: more')
    talk.leave()
    await eventually(() => expect([activity.streams(), count()]).toEqual([0, 0]))
  })

  it('ends properly when the daemon begins to leave', async () => {
    const { handler, count } = events()
    const { begin, leave, activity } = await serve(handler)
    const talk = begin('GET /')
    await talk.hears('data: hello')
    leave()
    expect(saidIn(await talk.closed())).toMatchObject({ body: 'data: hello\n\n', isWhole: true })
    await eventually(() => expect([activity.streams(), count()]).toEqual([0, 0]))
    expect((await begin('GET /').closed()).length).toBe(0)
    expect(count()).toBe(0)
  })

  it('is one of 64, with those of pages: the next is a 503 until one goes', async () => {
    const { handler, count } = events()
    const opened = new Set<unknown>()
    const { begin, ask, activity } = await serve(handler, {
      pages: async ({ path }) =>
        path === '/page' ? { open: (_send, closed) => void opened.add(closed) } : null,
    })
    const pages = Array.from({ length: 32 }, () => begin('GET /page'))
    const talks = Array.from({ length: 32 }, () => begin('GET /'))
    await Promise.all([...pages, ...talks].map((talk) => talk.hears('200 OK')))
    for (const path of ['/', '/page']) {
      const refused = await ask(`GET ${path}`)
      expect([refused.status, refused.headers]).toEqual([503, expect.arrayContaining(['retry-after: 1'])])
    }
    expect([count(), opened.size, activity.streams()]).toEqual([32, 32, 64])
    pages[0]?.leave()
    await eventually(() => expect(activity.streams()).toBe(63))
    await begin('GET /').hears('data: hello')
  })

  it('that is not read is cut off and cancelled; others get everything', async () => {
    const { handler, send, count } = events()
    const { begin } = await serve(handler)
    const [lazy, eager] = [begin('GET /'), begin('GET /')]
    await Promise.all([lazy.hears('hello'), eager.hears('hello')])
    lazy.pause()
    let sent = 0
    while (count() > 1 && sent < 1_000) {
      send(`data: ${'x'.repeat(16 * KIB)}\n\n`)
      sent += 1
      await sleep(1)
    }
    expect(sent).toBeLessThan(1_000)
    await eventually(() => expect(eager.heard().match(/x{16384}/g)?.length).toBe(sent))
  })

  it('may begin with one event of many MiB', async () => {
    const { handler, send } = events()
    const { begin } = await serve(handler)
    const talk = begin('GET /')
    await talk.hears('hello')
    send(`data: ${'x'.repeat(12 * MIB)}\n\n`)
    await eventually(() => expect(talk.heard().length).toBeGreaterThan(12 * MIB))
    send('data: last\n\n')
    await talk.hears('data: last')
  })
})

describe('of many clients', () => {
  it('the 257th at once is told to come again, and is answered then', async () => {
    const { handler } = events()
    const { begin, ask, activity, authorization } = await serve(handler)
    const talks = Array.from({ length: 256 }, () => begin('GET /waits'))
    await eventually(() => expect(activity.requests()).toBe(256))
    const refused = await ask('GET /waits')
    expect([refused.status, refused.headers]).toEqual([503, expect.arrayContaining(['retry-after: 1'])])
    expect((await ask('GET /', { Authorization: authorization })).status).toBe(200)
    for (const talk of talks) talk.leave()
    await eventually(() => expect(activity.requests()).toBe(0))
    await begin('GET /').hears('data: hello')
  })

  it('those that do not read lose their replies, so that the others get theirs', async () => {
    const { begin, activity } = await serve((request) =>
      request.url.endsWith('/small') ? new Response('small') : new Response(new Uint8Array(8 * MIB)),
    )
    const lazy = Array.from({ length: 20 }, () => {
      const talk = begin('GET /large')
      talk.pause()
      return talk
    })
    await eventually(() => expect(activity.requests()).toBeLessThanOrEqual(4))
    expect(saidIn(await begin('GET /small').closed()).body).toBe('small')
    for (const talk of lazy) talk.resume()
    const whole = (await Promise.all(lazy.map((talk) => talk.closed()))).map((heard) => saidIn(heard).isWhole)
    expect(whole.filter(Boolean).length).toBeLessThan(20)
  })
})
