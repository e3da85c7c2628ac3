import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { isSameSecret, NONCE_HEADER, proofFor } from '../../src/protocol/challenge.js'
import { chunk, leaveNoTalks, requestText, saidIn, talkTo, type Talk } from '../helpers/talk.js'
import { leaveNoServers, startWebServer } from '../helpers/web-server.js'

leaveNoTalks()
leaveNoServers()

type Headers = Readonly<Record<string, string | null>>

const NONCE = 'c3'.repeat(16)
const PROVE = { [NONCE_HEADER]: NONCE, Connection: 'keep-alive' }
const HEALTH = 'GET /api/health'

/** A server whose handlers count what reaches them. */
async function serve() {
  const reached: string[] = []
  const handler = async (request: Request): Promise<Response> => {
    const body = await request.text()
    reached.push(`${request.method} ${new URL(request.url).pathname} ${body}`.trim())
    return new Response(`reply to ${body}`)
  }
  const server = await startWebServer({ handler, publicHandler: handler })
  const text = (line: string, headers?: Headers, body?: string): string =>
    requestText(server.port, line, headers, body)
  const trusted = (line: string, body = '', more: Headers = {}): string =>
    text(line, { Authorization: server.authorization, ...more }, body)
  const talk = (first: string): Talk => talkTo(server.port, first)
  /** Asks for a proof, and gets one. */
  const prove = async (): Promise<Talk> => {
    const proving = talk(text(HEALTH, PROVE))
    await proving.hears('"}')
    return proving
  }
  return { ...server, reached, text, trusted, talk, prove }
}

/** How many replies there were, and the last one. */
function repliesIn(heard: string) {
  const replies = heard.split(/(?=HTTP\/1\.1 \d{3} )/).filter(Boolean)
  return { count: replies.length, last: saidIn(replies.at(-1) ?? '') }
}

describe('on the connection of a proof', () => {
  it('one request with the token follows, and no second connection is needed', async () => {
    const { prove, trusted, reached, port, authorization, proofs } = await serve()
    const talk = await prove()
    const health = saidIn(talk.heard())
    expect(health.headers).toContain('connection: keep-alive')
    const { proof } = JSON.parse(health.body) as { proof: string }
    const token = authorization.slice('Bearer '.length)
    const expected = proofFor(NONCE, { token, pid: process.pid, port, instanceId: 'b2'.repeat(16) })
    expect([isSameSecret(proof, expected), proofs()]).toEqual([true, 1])
    talk.say(trusted('POST /work', 'one', { Connection: 'keep-alive' }))
    const { count, last } = repliesIn(await talk.closed())
    expect([count, last]).toMatchObject([2, { status: 200, body: 'reply to one', isWhole: true }])
    expect(last.headers).toContain('Connection: close')
    expect(reached).toEqual(['POST /work one'])
  })

  it('the request may be anything: slow, in pieces, streamed, refused', async () => {
    const { prove, trusted, text, reached } = await serve()
    const slow = await prove()
    const chunks = trusted('POST /slow', '', { 'Transfer-Encoding': 'chunked' })
    for (const piece of [chunks.slice(0, 20), chunks.slice(20), chunk('one'), chunk('two'), '0\r\n\r\n']) {
      slow.say(piece)
      await sleep(50)
    }
    expect(repliesIn(await slow.closed()).last).toMatchObject({ status: 200, body: 'reply to onetwo' })
    for (const [request, status] of [
      [text('POST /'), 401],
      [text('GET /', { Host: 'evil.example' }), 403],
      [text('TRACE /'), 405],
      [text('CONNECT a:1'), 405],
      ['nonsense\r\n\r\n', 400],
      [text('GET http://a/'), 400],
      [text('GET /open'), 200],
    ] as const) {
      const talk = await prove()
      talk.say(request)
      const { count, last } = repliesIn(await talk.closed())
      expect([request, count, last.status, last.isWhole]).toEqual([request, 2, status, true])
    }
    expect(reached).toEqual(['POST /slow onetwo', 'GET /open'])
  })

  it('a second proof is given, and ends it', async () => {
    const { prove, text, trusted, proofs, reached } = await serve()
    const talk = await prove()
    talk.say(text(HEALTH, PROVE))
    await talk.hears(/connection: close/)
    talk.say(trusted('POST /third'))
    expect(repliesIn(await talk.closed()).count).toBe(2)
    expect([proofs(), reached]).toEqual([2, []])
  })

  it('a third request is not answered', async () => {
    const { prove, trusted, reached } = await serve()
    const talk = await prove()
    talk.say(trusted('POST /second', 'two') + trusted('POST /third', 'three'))
    expect(repliesIn(await talk.closed())).toMatchObject({ count: 2, last: { body: 'reply to two' } })
    expect(reached).toEqual(['POST /second two'])
  })

  it.for([
    ['', {}],
    [', that waits for permission to send its body', { Expect: '100-continue' }],
  ] as const)('a request that is sent before the proof is not answered%s', async ([, more]) => {
    const { talk, text, trusted, reached } = await serve()
    const early = talk(text(HEALTH, PROVE) + trusted('POST /early', 'early', more))
    const heard = await early.closed()
    expect(repliesIn(heard)).toMatchObject({ count: 1, last: { status: 200, isWhole: true } })
    expect([heard.includes('100 Continue'), reached]).toEqual([false, []])
  })

  it('a flood of them is not answered either, and ends it', async () => {
    const { talk, text, trusted, reached } = await serve()
    const early = talk(text(HEALTH, PROVE) + trusted('POST /early', 'x'.repeat(1_000)).repeat(5_000))
    expect(repliesIn(await early.closed()).count).toBeLessThan(2)
    expect(reached).toEqual([])
  })

  it.for([
    ['no nonce', HEALTH, { Connection: 'keep-alive' }, ''],
    ['a nonce that is none', HEALTH, { ...PROVE, [NONCE_HEADER]: 'x' }, ''],
    ['no wish for it', HEALTH, { [NONCE_HEADER]: NONCE }, ''],
    ['a wish to close', HEALTH, { ...PROVE, Connection: 'close' }, ''],
    ['HTTP/1.0', `${HEALTH} HTTP/1.0`, PROVE, ''],
    ['a body', HEALTH, PROVE, 'body'],
    ['a body in chunks', HEALTH, { ...PROVE, 'Transfer-Encoding': 'chunked' }, '0\r\n\r\n'],
    ['another path', 'GET /', PROVE, ''],
    ['another method', 'HEAD /api/health', PROVE, ''],
  ] as const)('with %s nothing follows', async ([, line, headers, body]) => {
    const { talk, text, trusted, reached } = await serve()
    const first = talk(text(line, headers, body))
    await first.hears('\r\n\r\n')
    first.say(trusted('POST /second', 'two'))
    const { count, last } = repliesIn(await first.closed())
    expect(count).toBe(1)
    expect(last.headers.join().toLowerCase()).toContain('connection: close')
    expect(reached.filter((one) => one.startsWith('POST'))).toEqual([])
  })

  it('waits like any other: it is closed when 256 others wait that came later', async () => {
    const { prove, talk } = await serve()
    const kept = await prove()
    const others = Array.from({ length: 255 }, () => talk('GET /'))
    // Connections are accepted in order, and this one is answered.
    expect(saidIn(await talk('GET /api/health HTTP/1.0\r\n\r\n').closed()).status).toBe(403)
    expect([kept, ...others].filter((one) => one.isClosed()).length).toBeLessThan(2)
    for (let count = 0; count < 2; count++) talk('GET /')
    expect(repliesIn(await kept.closed()).count).toBe(1)
  })
})

describe('a request of a client with the token', () => {
  it('is the only one of its connection', async () => {
    const { talk, trusted, reached } = await serve()
    const both = talk(trusted('POST /one', '1', PROVE) + trusted('POST /two', '2'))
    expect(repliesIn(await both.closed())).toMatchObject({ count: 1, last: { body: 'reply to 1' } })
    expect(reached).toEqual(['POST /one 1'])
  })
})

describe('what is refused before anything else', () => {
  it.for([
    ['an absolute target', 'GET http://127.0.0.1/', {}, '', 400, 'bad_target'],
    ['the target of another server', 'POST https://evil.example/', {}, '', 400, 'bad_target'],
    ['an asterisk', 'OPTIONS *', {}, '', 400, 'bad_target'],
    ['an asterisk with GET', 'GET *', {}, '', 400, 'bad_target'],
    ['a fragment', 'GET /a#b', {}, '', 400, 'bad_target'],
    ['TRACE', 'TRACE /', {}, '', 405, 'method_not_allowed'],
    ['CONNECT', 'CONNECT 127.0.0.1:80', {}, '', 405, 'method_not_allowed'],
    ['a target without a slash', 'GET foo', {}, '', 400, 'malformed'],
    ['a target that is not ASCII', 'GET /ö', {}, '', 400, 'malformed'],
    ['an unknown method', 'BREW /', {}, '', 400, 'malformed'],
    ['a method in small letters', 'get /', {}, '', 400, 'malformed'],
    ['two lengths', 'POST /', { 'Content-Length': '2', 'content-length': '3' }, 'ab', 400, 'malformed'],
    [
      'the same length twice',
      'POST /',
      { 'Content-Length': '2', 'content-length': '2' },
      'ab',
      400,
      'malformed',
    ],
    ['two lengths in one', 'POST /', { 'Content-Length': '2, 2' }, 'ab', 400, 'malformed'],
    ['a signed length', 'POST /', { 'Content-Length': '+2' }, 'ab', 400, 'malformed'],
    [
      'a length and chunks',
      'POST /',
      { 'Content-Length': '5', 'transfer-encoding': 'chunked' },
      '0\r\n\r\n',
      400,
      'malformed',
    ],
    [
      'chunks and a length',
      'POST /',
      { 'transfer-encoding': 'chunked', 'Content-Length': '5' },
      '0\r\n\r\n',
      400,
      'malformed',
    ],
    [
      'an encoding after chunks',
      'POST /',
      { 'Transfer-Encoding': 'chunked, gzip' },
      '0\r\n\r\n',
      400,
      'malformed',
    ],
    ['odd chunks', 'POST /', { 'Transfer-Encoding': 'xchunked' }, '0\r\n\r\n', 400, 'malformed'],
    [
      'chunks in HTTP/1.0',
      'POST / HTTP/1.0',
      { 'Transfer-Encoding': 'chunked' },
      '0\r\n\r\n',
      400,
      'malformed',
    ],
    ['a space before a colon', 'POST /', { 'Transfer-Encoding ': 'chunked' }, '0\r\n\r\n', 400, 'malformed'],
    ['a folded header', 'POST /', { X: 'y\r\n folded' }, '', 400, 'malformed'],
    ['two hosts', 'GET /', { host: 'evil.example' }, '', 403, 'foreign_host'],
    ['no host', 'GET /', { Host: null }, '', 400, 'no_host'],
  ] as const)('%s', async ([, line, headers, body, status, error]) => {
    const { talk, trusted, reached } = await serve()
    const said = saidIn(await talk(Buffer.from(trusted(line, body, headers)).toString()).closed())
    expect(said).toMatchObject({ status, body: JSON.stringify({ error }), isWhole: true })
    expect(said.headers).toContain('content-type: application/json')
    expect(reached).toEqual([])
  })

  it('a broken chunk ends the request and its connection', async () => {
    const { talk, trusted, reached, activity } = await serve()
    const broken = talk(trusted('POST /', `${chunk('one')}zz\r\n`, { 'Transfer-Encoding': 'chunked' }))
    expect(await broken.closed()).toBe('')
    expect(reached).toEqual([])
    await expect.poll(activity.requests).toBe(0)
  })

  it('a CONNECT behind another request ends the connection and is not answered', async () => {
    const { talk, trusted, text } = await serve()
    const both = talk(trusted('POST /', 'x') + text('CONNECT a:1'))
    expect(repliesIn(await both.closed()).count).toBeLessThan(2)
    expect(both.heard()).not.toContain('405')
  })
})
