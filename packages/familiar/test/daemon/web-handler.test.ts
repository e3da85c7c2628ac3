import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Handler, HandlerContext } from '../../src/daemon/web-handler.js'
import { collectGarbage } from '../helpers/collect-garbage.js'
import { eventually, settled } from '../helpers/eventually.js'
import { MOST_ON_THE_WAY } from '../helpers/kernel-buffers.js'
import { chunk, leaveNoTalks, requestText, saidIn, talkTo, type Said, type Talk } from '../helpers/talk.js'
import { leaveNoServers, startWebServer, type WebServer } from '../helpers/web-server.js'

leaveNoTalks()
leaveNoServers()

const MIB = 1024 * 1024

type Headers = Readonly<Record<string, string | null>>

/** A server, and what a client with the token says to it. */
async function serve(handler: Handler, options: Parameters<typeof startWebServer>[0] = {}) {
  const server = await startWebServer({ handler, ...options })
  const text = (line: string, headers: Headers = {}, body = ''): string =>
    requestText(server.port, line, { Authorization: server.authorization, ...headers }, body)
  const begin = (line: string, headers?: Headers, body?: string): Talk =>
    talkTo(server.port, text(line, headers, body))
  const ask = async (line: string, headers?: Headers, body?: string): Promise<Said> =>
    saidIn(await begin(line, headers, body).closed())
  return { ...server, begin, ask }
}

const CHUNKED = { 'Transfer-Encoding': 'chunked' }

describe('a request', () => {
  it('arrives as it was sent, without the token', async () => {
    const { ask, port } = await serve(async (request) =>
      Response.json({
        method: request.method,
        url: request.url,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      }),
    )
    const said = await ask('PATCH //a/%C3%B6?x=1&y=%20', { 'X-One': 'a', 'x-one': 'b' }, 'hi')
    expect(JSON.parse(said.body)).toEqual({
      method: 'PATCH',
      url: `http://127.0.0.1:${port}//a/%C3%B6?x=1&y=%20`,
      headers: { host: `127.0.0.1:${port}`, 'x-one': 'a, b', 'content-length': '2' },
      body: 'hi',
    })
  })

  it.for([
    ['text', (request: Request) => request.text(), {}, 'hello', '"hello"'],
    ['JSON', (request: Request) => request.json(), {}, '{"a":[1]}', '{"a":[1]}'],
    [
      'binary data',
      async (request: Request) => [...new Uint8Array(await request.arrayBuffer())],
      {},
      '\u0000\u007f\r\n',
      '[0,127,13,10]',
    ],
    [
      'a form',
      async (request: Request) => [...(await request.formData())],
      { 'Content-Type': 'multipart/form-data; boundary=xx' },
      '--xx\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--xx--\r\n',
      '[["a","b"]]',
    ],
    [
      'chunks',
      (request: Request) => request.text(),
      CHUNKED,
      `${chunk('one')}${chunk('two')}0\r\n\r\n`,
      '"onetwo"',
    ],
    ['nothing', async (request: Request) => request.body, {}, '', 'null'],
    ['nothing, as it says', async (request: Request) => request.body, { 'Content-Length': '0' }, '', 'null'],
  ] as const)('may contain %s', async ([, read, headers, body, expected]) => {
    const { ask } = await serve(async (request) => Response.json((await read(request)) as unknown))
    expect(await ask('POST /', headers, body)).toMatchObject({ status: 200, body: expected })
  })

  it('of GET has no body, also if the client sends one', async () => {
    const { ask } = await serve((request) => Response.json(request.body))
    expect(await ask('GET /', {}, 'x'.repeat(200_000))).toMatchObject({ status: 200, body: 'null' })
  })

  it('is answered while it arrives', async () => {
    const { begin } = await serve((request) => new Response(request.body))
    const talk = begin('POST /', CHUNKED)
    for (const word of ['one', 'two', 'three']) {
      talk.say(chunk(word))
      await talk.hears(word)
    }
    talk.say('0\r\n\r\n')
    expect(saidIn(await talk.closed())).toMatchObject({ body: 'onetwothree', isWhole: true })
  })

  it('is read no faster than its handler wants', async () => {
    const bytes = Math.ceil(MOST_ON_THE_WAY / MIB + 16) * MIB
    const start = new AbortController()
    const { begin } = await serve(
      async (request) => {
        let read = 0
        for await (const piece of request.body ?? []) {
          read += piece.length
          await aborted(start.signal)
        }
        return Response.json(read)
      },
      { maxBodyBytes: bytes },
    )
    const talk = begin('POST /', { 'Content-Length': String(bytes) })
    for (let said = 0; said < bytes; said += MIB) talk.say('x'.repeat(MIB))
    expect(await settled(talk.unsent)).toBeGreaterThan(8 * MIB)
    start.abort()
    expect(saidIn(await talk.closed())).toMatchObject({ body: String(bytes), isWhole: true })
  })

  it('that waits for permission to send its body gets it with the token alone', async () => {
    const { begin, port } = await serve(async (request) => new Response(await request.text()))
    const expecting = { Expect: '100-continue', 'Content-Length': '2' }
    const talk = begin('POST /', expecting)
    await talk.hears('HTTP/1.1 100 Continue\r\n\r\n')
    talk.say('hi')
    expect(await talk.closed()).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
    const stranger = talkTo(port, requestText(port, 'POST /', expecting))
    expect(saidIn(await stranger.closed()).status).toBe(401)
  })

  it('without a valid token does not reach the handler, nor do routes, health and shutdown', async () => {
    let calls = 0
    const { ask, begin } = await serve(
      () => {
        calls += 1
        return new Response()
      },
      { routes: { 'POST /route': async () => ({ status: 200, json: { route: true } }) } },
    )
    for (const wrong of [null, 'Bearer x', `Basic ${'a1'.repeat(32)}`]) {
      expect((await ask('POST /', { Authorization: wrong })).status).toBe(401)
    }
    expect((await ask('POST /route')).body).toBe('{"route":true}')
    expect((await ask('GET /api/health')).body).toBe('{"status":"ok"}')
    for (const line of [
      'POST /api/health',
      'HEAD /api/health',
      'POST /api/shutdown',
      'GET /api/shutdown?x',
    ]) {
      expect([line, saidIn(await begin(line).closed()).status]).toEqual([line, 404])
    }
    expect(calls).toBe(0)
    expect((await ask('GET /route')).status).toBe(200)
    expect(calls).toBe(1)
  })
})

describe('a response', () => {
  const form = new FormData()
  form.set('a', 'b')

  it.for([
    ['a string', () => new Response('ö'), /^\u00c3\u00b6$/],
    ['an ArrayBuffer', () => new Response(new Uint8Array([0, 255]).buffer), /^\u0000\u00ff$/],
    ['bytes', () => new Response(new Uint8Array([1, 2])), /^\u0001\u0002$/],
    ['a Buffer', () => new Response(Buffer.from('abc')), /^abc$/],
    ['a form', () => new Response(form), /name="a"\r\n\r\nb\r\n/],
    ['parameters', () => new Response(new URLSearchParams({ a: 'b' })), /^a=b$/],
    ['a Blob', () => new Response(new Blob(['blob'])), /^blob$/],
    ['a stream', () => new Response(new Blob(['st', 'ream']).stream()), /^stream$/],
    ['an empty stream', () => new Response(new ReadableStream({ start: (to) => to.close() })), /^$/],
    ['nothing', () => new Response(null), /^$/],
    ['an empty string', () => new Response(''), /^$/],
    ['JSON', () => Response.json({ a: 1 }), /^\{"a":1\}$/],
  ] as const)('of %s is sent whole', async ([, respond, body]) => {
    const { ask, failures } = await serve(respond)
    const said = await ask('GET /')
    expect([said.status, said.isWhole, failures()]).toEqual([200, true, []])
    expect(said.body).toMatch(body)
    expect(said.headers).toContainEqual(expect.stringMatching(/^connection: close$/i))
  })

  it('keeps its status and headers, several cookies too', async () => {
    const { ask } = await serve(() => {
      const headers = new Headers({ 'content-type': 'text/x-test', location: '/there', 'x-b': 'ü' })
      headers.append('set-cookie', 'a=1')
      headers.append('set-cookie', 'b=2')
      return new Response('no', { status: 418, statusText: 'Short and stout', headers })
    })
    const said = await ask('GET /')
    expect([said.status, said.body]).toEqual([418, 'no'])
    expect(said.headers).toEqual(
      expect.arrayContaining([
        'content-type: text/x-test',
        'location: /there',
        'set-cookie: a=1',
        'set-cookie: b=2',
        'x-b: \u00fc',
      ]),
    )
  })

  it.for([
    ['204', 'GET /', () => new Response(null, { status: 204, headers: { 'content-length': '3' } })],
    ['304', 'GET /', () => new Response(null, { status: 304, headers: { etag: '"x"' } })],
    ['a redirection', 'GET /', () => Response.redirect('http://127.0.0.1/', 302)],
    ['HEAD', 'HEAD /', () => new Response('body')],
    ['HEAD, with its length', 'HEAD /', () => new Response('body', { headers: { 'content-length': '4' } })],
  ] as const)('to %s has a head alone', async ([, line, respond]) => {
    const { begin, failures } = await serve(respond)
    const heard = await begin(line).closed()
    expect(heard).toMatch(/^HTTP\/1\.1 (?:200|204|304|302) [^]*\r\n\r\n(?:0\r\n\r\n)?$/)
    expect(/^content-length: [^04]/im.test(heard)).toBe(false)
    expect(failures()).toEqual([])
  })

  it('cancels the body that HEAD does not want', async () => {
    let isCancelled = false
    const { ask } = await serve(
      () => new Response(new ReadableStream({ cancel: () => void (isCancelled = true) })),
    )
    expect((await ask('HEAD /')).status).toBe(200)
    await eventually(() => expect(isCancelled).toBe(true))
  })

  it('cannot say how the connection goes on', async () => {
    const headers = {
      connection: 'keep-alive',
      'transfer-encoding': 'gzip',
      upgrade: 'x',
      'keep-alive': 'timeout=9',
    }
    const { ask } = await serve(() => new Response('x', { headers }))
    const said = await ask('GET /')
    expect(said).toMatchObject({ status: 200, body: 'x', isWhole: true })
    expect(said.headers.filter((line) => /^(?:connection|transfer|upgrade|keep)/i.test(line))).toEqual([
      'Connection: close',
      'Transfer-Encoding: chunked',
    ])
  })

  it('cannot say that the daemon refuses the request', async () => {
    const headers = { 'X-Familiar-Refused': 'not_begun' }
    const { ask } = await serve(() => new Response('x', { status: 503, headers }), {
      pages: async ({ path }) => (path === '/page' ? { status: 503, headers, body: 'x' } : null),
    })
    for (const path of ['/', '/page']) {
      const said = await ask(`GET ${path}`)
      expect([said.status, said.headers.join().toLowerCase()]).toEqual([
        503,
        expect.not.stringContaining('x-familiar-refused'),
      ])
    }
  })

  it('of a length that it announces must have it', async () => {
    const { ask, failures } = await serve((request) => {
      const [, length = '', body = ''] = new URL(request.url).pathname.split('/')
      return new Response(body, { headers: { 'content-length': length } })
    })
    expect(await ask('GET /3/abc')).toMatchObject({ body: 'abc', isWhole: true })
    expect((await ask('GET /x/abc')).body).toBe('abc')
    expect((await ask('GET /2/abc')).isWhole).toBe(false)
    expect((await ask('GET /4/abc')).isWhole).toBe(false)
    expect(failures()).toMatchObject([{ path: '/2/abc' }, { path: '/4/abc' }])
  })

  it('begins before its body does', async () => {
    const start = new AbortController()
    const { begin } = await serve(() => {
      const pull = async (to: ReadableStreamDefaultController): Promise<void> => {
        await aborted(start.signal)
        to.enqueue(Buffer.from('late'))
        to.close()
      }
      return new Response(new ReadableStream({ pull }))
    })
    const talk = begin('GET /')
    await talk.hears(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/)
    start.abort()
    expect(saidIn(await talk.closed())).toMatchObject({ body: 'late', isWhole: true })
  })

  it('is made no faster than its client reads, and is cancelled when the client goes', async () => {
    const { begin, made, ends, activity } = await serveEndless()
    const talk = begin('GET /')
    await talk.hears('200')
    talk.pause()
    const atPause = made()
    expect((await settled(made, atPause + 2 * MOST_ON_THE_WAY)) - atPause).toBeLessThan(MOST_ON_THE_WAY)
    expect([ends(), activity.requests()]).toEqual([0, 1])
    talk.resume()
    await eventually(() => expect(made()).toBeGreaterThan(atPause + 2 * MOST_ON_THE_WAY))
    talk.leave()
    await eventually(() => expect([ends(), activity.requests()]).toEqual([1, 0]))
  })

  it('that is an iterable ends with its signal when the client goes, and the daemon goes on', async () => {
    let isEnded = false
    const lines = async function* (signal: AbortSignal): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from('one')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      } finally {
        isEnded = true
      }
    }
    const { begin, ask, activity } = await serve((request, { signal }) =>
      request.method === 'GET' ? new Response(lines(signal)) : new Response(null),
    )
    const talk = begin('GET /')
    await talk.hears('one')
    talk.leave()
    await eventually(() => expect([isEnded, activity.requests()]).toEqual([true, 0]))
    // What Node throws then ends the process, some turns later.
    await sleep(50)
    expect((await ask('POST /')).status).toBe(200)
  })

  it('that has no body yet is cancelled when the client goes', async () => {
    let isCancelled = false
    const { begin } = await serve(
      () => new Response(new ReadableStream({ cancel: () => void (isCancelled = true) })),
    )
    const talk = begin('GET /')
    await talk.hears('200')
    talk.leave()
    await eventually(() => expect(isCancelled).toBe(true))
  })

  it('that comes when the client has gone is cancelled', async () => {
    let isCancelled = false
    const { begin, activity, failures } = await serve(async (_request, { signal }) => {
      await aborted(signal)
      return new Response(new ReadableStream({ cancel: () => void (isCancelled = true) }))
    })
    const talk = begin('GET /')
    await eventually(() => expect(activity.requests()).toBe(1))
    talk.leave()
    await eventually(() => expect([isCancelled, activity.requests()]).toEqual([true, 0]))
    expect(failures()).toEqual([])
  })
})

/** A handler whose response never ends. `made` says how many bytes of all of them there were, `ends` how many were cancelled. */
async function serveEndless() {
  let [made, ends] = [0, 0]
  const bytes = new Uint8Array(64 * 1024)
  const server = await serve(() => {
    const pull = async (to: ReadableStreamDefaultController): Promise<void> => {
      await nextTurn()
      made += bytes.length
      to.enqueue(bytes)
    }
    return new Response(new ReadableStream({ pull, cancel: () => void (ends += 1) }))
  })
  return { ...server, made: () => made, ends: () => ends }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  )
}

describe('many streams', () => {
  it('run side by side: each of 100 waits for the others', async () => {
    const COUNT = 100
    const arrived = [0, 0, 0]
    const { begin, activity } = await serve(
      () =>
        new Response(
          new ReadableStream({
            start: async (to) => {
              for (const round of arrived.keys()) {
                arrived[round] = (arrived[round] ?? 0) + 1
                await eventually(() => expect(arrived[round]).toBe(COUNT))
                to.enqueue(Buffer.from(`${round};`))
              }
              to.close()
            },
          }),
        ),
    )
    const talks = Array.from({ length: COUNT }, () => begin('GET /'))
    const said = await Promise.all(talks.map(async (talk) => saidIn(await talk.closed())))
    expect(said.map(({ body, isWhole }) => [body, isWhole])).toEqual(said.map(() => ['0;1;2;', true]))
    await eventually(() => expect(activity.requests()).toBe(0))
  })
})

describe('a handler that fails', () => {
  const INTERNAL = { status: 500, body: '{"error":"internal"}', isWhole: true }
  const broken = (): never => {
    throw new Error('this is broken')
  }

  it.for([
    ['throws', broken, 'this is broken'],
    ['rejects', async () => broken(), 'this is broken'],
    ['throws no error', () => Promise.reject('just text'), 'just text'],
    [
      'returns a body that fails at once',
      () => new Response(new ReadableStream({ start: broken })),
      'this is broken',
    ],
    [
      'returns a body that fails first',
      () => new Response(new ReadableStream({ pull: broken })),
      'this is broken',
    ],
    [
      'returns an object',
      () => ({ status: 200 }),
      'the handler answered with [object Object], which is not a Response',
    ],
    ['returns nothing', () => undefined, 'the handler answered with undefined, which is not a Response'],
    ['returns null', () => null, 'the handler answered with null, which is not a Response'],
    ['returns text', () => 'text', 'the handler answered with string, which is not a Response'],
    [
      'returns an error',
      () => new Error('x'),
      'the handler answered with [object Error], which is not a Response',
    ],
    ['returns the request', (request: Request) => request, 'which is not a Response'],
    ['returns the class', () => Response, 'the handler answered with function, which is not a Response'],
    ['returns the response for an error', () => Response.error(), 'a response of status 0 cannot be sent'],
    ['returns a response that was read', () => used(), 'locked'],
  ] as const)('and %s is a 500, and a line in the log', async ([, handler, why]) => {
    const { ask, failures } = await serve(handler as unknown as Handler)
    expect(await ask('GET /path?secret=1')).toMatchObject(INTERNAL)
    const [failure, ...others] = failures()
    expect(failure).toMatchObject({ method: 'GET', path: '/path', why: expect.stringContaining(why) })
    expect(failure?.['stack']).toMatch(/\n {4}at /)
    expect(others).toEqual([])
  })

  it('because a module of the package is no longer there is a 503: the next daemon can answer', async () => {
    const missing = './missing.js'
    const { ask, failures } = await serve(() => import(missing))
    expect(await ask('GET /')).toMatchObject({
      status: 503,
      headers: expect.arrayContaining(['x-familiar-refused: maybe_begun']),
      body: '{"error":"installation_changed"}',
    })
    expect(failures()).toHaveLength(1)
  })

  it('after its head was sent cuts the connection off', async () => {
    const { ask, failures } = await serve(() => {
      const start = (to: ReadableStreamDefaultController): void => to.enqueue(Buffer.from('begun'))
      const pull = (): Promise<never> => sleep(50).then(broken)
      return new Response(new ReadableStream({ start, pull }, { highWaterMark: 0 }))
    })
    expect(await ask('GET /')).toMatchObject({ status: 200, body: 'begun', isWhole: false })
    expect(failures()).toMatchObject([{ why: 'this is broken', stack: expect.stringContaining('broken') }])
  })

  it('with a chunk that is no bytes has its body cancelled', async () => {
    let isCancelled = false
    const { ask, failures } = await serve(() => {
      const start = (to: ReadableStreamDefaultController): void => to.enqueue('text')
      return new Response(new ReadableStream({ start, cancel: () => void (isCancelled = true) }))
    })
    expect((await ask('GET /')).isWhole).toBe(false)
    expect(isCancelled).toBe(true)
    expect(failures()).toMatchObject([{ why: expect.stringContaining('not a Uint8Array') }])
  })

  it('gives its reply also to a client that is still sending', async () => {
    const { ask } = await serve(broken)
    expect(await ask('POST /', {}, 'x'.repeat(8 * MIB))).toMatchObject(INTERNAL)
  })

  it('harms no other request', async () => {
    const { begin, ask } = await serve((request) =>
      request.url.endsWith('/bad') ? broken() : new Response(request.body),
    )
    const good = begin('POST /good', CHUNKED, chunk('one'))
    await good.hears('one')
    expect((await ask('GET /bad')).status).toBe(500)
    good.say(`${chunk('two')}0\r\n\r\n`)
    expect(saidIn(await good.closed())).toMatchObject({ body: 'onetwo', isWhole: true })
  })
})

async function used(): Promise<Response> {
  const response = new Response('x')
  response.body?.getReader()
  return response
}

describe('the signals', () => {
  /** A handler that waits for the signal that `pick` chooses, and what it was aborted with. */
  async function serveWaiting(pick: (request: Request, context: HandlerContext) => AbortSignal) {
    const reasons: unknown[] = []
    let begun = 0
    const server = await serve(async (request, context) => {
      const signal = pick(request, context)
      begun += 1
      await aborted(signal)
      reasons.push(signal.reason)
      throw signal.reason
    })
    return { ...server, reasons, begun: () => begun }
  }

  const ABORT = expect.objectContaining({ name: 'AbortError' })

  it.for([
    ['the context', (_request: Request, { signal }: HandlerContext) => signal],
    ['the request', ({ signal }: Request) => signal],
  ] as const)('of %s are aborted when the client goes, and that is no failure', async ([, pick]) => {
    const { begin, reasons, begun, failures, activity } = await serveWaiting(pick)
    const talk = begin('POST /', { 'Content-Length': '10' }, 'half')
    await eventually(() => expect(begun()).toBe(1))
    collectGarbage()
    talk.leave()
    await eventually(() => expect(reasons).toEqual([ABORT]))
    await eventually(() => expect(activity.requests()).toBe(0))
    expect(failures()).toEqual([])
  })

  it('are aborted when the daemon begins to leave; the client is told', async () => {
    const { begin, ask, begun, leave, failures, reasons } = await serveWaiting(({ signal }) => signal)
    const talk = begin('GET /')
    await eventually(() => expect(begun()).toBe(1))
    leave()
    const headers = expect.arrayContaining(['x-familiar-refused: maybe_begun'])
    const stopping = { status: 503, headers, body: '{"error":"stopping"}' }
    expect(saidIn(await talk.closed())).toMatchObject(stopping)
    expect(await ask('GET /')).toMatchObject(stopping)
    expect([reasons, failures()]).toEqual([[ABORT, ABORT], []])
  })

  /** Waits for longer than a test, with an error of Node's own when it is aborted. */
  const wait = (signal: AbortSignal): Promise<void> => sleep(60_000, undefined, { signal })

  const reply: Handler = async (_request, { signal }) => {
    await wait(signal)
    return new Response()
  }

  const body: Handler = (_request, { signal }) => {
    async function* parts() {
      yield Buffer.from('first;')
      await wait(signal)
    }
    return new Response(ReadableStream.from(parts()))
  }

  it.for([
    ['the client goes, to make the reply', reply, 'client'],
    ['the client goes, to make the body', body, 'client'],
    ['the daemon leaves, to make the reply', reply, 'daemon'],
    ['the daemon leaves, to make the body', body, 'daemon'],
  ] as const)('fail what they were passed to when %s: nothing is logged', async ([, handler, who]) => {
    const { begin, activity, leave, failures } = await serve(handler)
    const talk = begin('GET /')
    if (handler === body) await talk.hears('first;')
    else await eventually(() => expect(activity.requests()).toBe(1))
    if (who === 'client') talk.leave()
    else leave()
    const said = who === 'client' ? null : saidIn(await talk.closed())
    await eventually(() => expect(activity.requests()).toBe(0))
    expect(failures()).toEqual([])
    if (said !== null) expect(said).toMatchObject(handler === body ? { isWhole: false } : { status: 503 })
  })

  it('do not hide a failure that has another cause', async () => {
    const { begin, activity, leave, failures } = await serve(async (_request, { signal }) => {
      await aborted(signal)
      throw new Error('this is broken')
    })
    const talk = begin('GET /')
    await eventually(() => expect(activity.requests()).toBe(1))
    leave()
    expect(saidIn(await talk.closed()).status).toBe(500)
    expect(failures()).toMatchObject([{ why: 'this is broken' }])
  })

  it('do not keep a handler from finishing when the daemon leaves, nor what the client sends meanwhile', async () => {
    const { begin, leave } = await serve((request) => new Response(request.body))
    const talk = begin('POST /', CHUNKED, chunk('one'))
    await talk.hears('one')
    leave()
    talk.say(`${chunk('two')}0\r\n\r\n`)
    expect(saidIn(await talk.closed())).toMatchObject({ body: 'onetwo', isWhole: true })
  })

  it('stay as they are when the reply was sent whole', async () => {
    const signals: AbortSignal[] = []
    const { ask, activity } = await serve((request, { signal }) => {
      signals.push(signal, request.signal)
      return new Response('x')
    })
    expect((await ask('GET /')).isWhole).toBe(true)
    await eventually(() => expect(activity.requests()).toBe(0))
    expect(signals.map((signal) => signal.aborted)).toEqual([false, false])
  })

  it('are those with which a body ends whose client goes', async () => {
    const failed: unknown[] = []
    const { begin, activity, failures } = await serve(async (request, { signal }) => {
      const error: unknown = await request.text().catch((why: unknown) => why)
      failed.push(error, signal.reason)
      throw error
    })
    const talk = begin('POST /', { 'Content-Length': '10' }, 'half')
    await eventually(() => expect(activity.requests()).toBe(1))
    talk.leave()
    await eventually(() => expect(failed).toEqual([ABORT, ABORT]))
    await eventually(() => expect(activity.requests()).toBe(0))
    expect(failures()).toEqual([])
  })
})

describe('a body', () => {
  const TOO_LARGE = { status: 413, body: '{"error":"too_large"}', isWhole: true }

  async function serveLimited(handler: Handler) {
    let calls = 0
    const server = await serve(
      (request, context) => {
        calls += 1
        return handler(request, context)
      },
      { maxBodyBytes: 1000 },
    )
    return { ...server, calls: () => calls }
  }
  const read: Handler = async (request) => Response.json((await request.text()).length)

  it('of the largest size is read, announced or in chunks', async () => {
    const { ask } = await serveLimited(read)
    const text = 'x'.repeat(1000)
    expect((await ask('POST /', {}, text)).body).toBe('1000')
    expect((await ask('POST /', CHUNKED, `${chunk(text)}0\r\n\r\n`)).body).toBe('1000')
  })

  it('that announces more is refused before the handler runs', async () => {
    const { ask, begin, calls } = await serveLimited(read)
    expect(await ask('POST /', {}, 'x'.repeat(1001))).toMatchObject(TOO_LARGE)
    expect(await ask('POST /', {}, 'x'.repeat(8 * MIB))).toMatchObject(TOO_LARGE)
    const waiting = begin('POST /', { 'Content-Length': '1001', Expect: '100-continue' })
    await waiting.hears('413')
    expect(waiting.heard()).not.toContain('100 Continue')
    expect(calls()).toBe(0)
  })

  it.for([
    ['fails', read],
    ['has an answer of its own', async (request) => new Response(await request.text().catch(() => 'caught'))],
    [
      'still waits',
      async (request, { signal }) => {
        await request.text().catch(() => aborted(signal))
        return new Response()
      },
    ],
  ] as const satisfies readonly (readonly [string, Handler])[])(
    'in chunks that has more is refused at the limit, where its handler %s',
    async ([, handler]) => {
      const { begin, calls, failures } = await serveLimited(handler)
      const talk = begin('POST /', CHUNKED, chunk('x'.repeat(600)).repeat(2))
      await talk.hears('too_large')
      talk.say('0\r\n\r\n')
      expect(saidIn(await talk.closed())).toMatchObject(TOO_LARGE)
      expect([calls(), failures()]).toEqual([1, []])
    },
  )

  it('that has more after the head was sent cuts the connection off', async () => {
    const { begin } = await serveLimited((request) => new Response(request.body))
    const talk = begin('POST /', CHUNKED, chunk('x'.repeat(600)))
    await talk.hears('xxx')
    talk.say(chunk('y'.repeat(600)))
    expect(saidIn(await talk.closed())).toMatchObject({ status: 200, body: 'x'.repeat(600), isWhole: false })
  })

  it('that the handler does not want is thrown away: the reply arrives also if the client first sends all of it', async () => {
    const { begin } = await serve(() => new Response('no, thanks'))
    const slow = begin('POST /', { 'Content-Length': String(8 * MIB) })
    slow.pause()
    for (let sent = 0; sent < 8; sent++) {
      slow.say('x'.repeat(MIB))
      await eventually(() => expect(slow.unsent()).toBe(0))
    }
    slow.resume()
    expect(saidIn(await slow.closed())).toMatchObject({ body: 'no, thanks', isWhole: true })
  })

  it('that never ends does not hold the reply: the connection is closed soon after', async () => {
    const { begin, activity } = await serve(async (request) => {
      await request.body?.cancel()
      return new Response('enough')
    })
    const talk = begin('POST /', CHUNKED, chunk('one'))
    expect(saidIn(await talk.closed())).toMatchObject({ body: 'enough', isWhole: true })
    await eventually(() => expect(activity.requests()).toBe(0))
  })
})

describe('what is held', () => {
  it('counts as a request, until it is let go once', async () => {
    const held: Disposable[] = []
    const { ask, activity } = await serve((_request, { hold }) => {
      held.push(hold(), hold())
      return new Response('held')
    })
    expect((await ask('GET /')).body).toBe('held')
    await eventually(() => expect(activity.requests()).toBe(2))
    held[0]?.[Symbol.dispose]()
    held[0]?.[Symbol.dispose]()
    expect(activity.requests()).toBe(1)
    held[1]?.[Symbol.dispose]()
    expect(activity.requests()).toBe(0)
  })
})

it('a server whose handler writes to the log has that line in it', async () => {
  const server: WebServer = await startWebServer({
    handler: (_request, { log }) => {
      log.write('handler_failed', { of: 'the handler' })
      return new Response()
    },
  })
  const headers = { Authorization: server.authorization }
  await talkTo(server.port, requestText(server.port, 'GET /', headers)).closed()
  expect(server.failures()).toMatchObject([{ of: 'the handler' }])
})
