import { readdirSync, readlinkSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AT_ONCE_MS } from '../helpers/cli.js'
import { residentMibOf } from '../helpers/machine.js'
import { lives, makeRoot, until, type Daemon, type SyncRoot } from './sync-root.js'
import { askHealth, say, type Speech, SHUTDOWN, talkingTo, endlessly } from './sync-wire.js'

/** One real daemon, and everybody on the machine who talks to it and should not. */
let root: SyncRoot
let daemon: Daemon

beforeAll(() => {
  root = makeRoot()
  daemon = root.start()
})

afterAll(() => root?.end())

const { text, statusOf, authorized } = talkingTo(() => daemon)

/** After every test the daemon still runs: whatever was refused did not shut it down. */
async function expectWell(): Promise<void> {
  const { status, ms } = await askHealth(daemon.port)
  expect([status, ms < AT_ONCE_MS, lives(daemon)]).toEqual([200, true, true])
}

describe('the token', () => {
  it('is demanded for everything but health, in the header and nowhere else', async () => {
    const { token } = daemon
    const wrong = [
      text(SHUTDOWN),
      text(SHUTDOWN, { Authorization: '' }),
      text(SHUTDOWN, { Authorization: 'Bearer ' }),
      text(SHUTDOWN, { Authorization: `Bearer ${'0'.repeat(64)}` }),
      text(SHUTDOWN, { Authorization: `Bearer ${token}0` }),
      text(SHUTDOWN, { Authorization: `Bearer ${token.slice(0, -1)}` }),
      text(SHUTDOWN, { Authorization: `Bearer ${token.toUpperCase()}` }),
      text(SHUTDOWN, { Authorization: `Basic ${token}` }),
      text(SHUTDOWN, { Authorization: token }),
      text(SHUTDOWN, { Cookie: `token=${token}`, 'X-Token': token }),
      text(`${SHUTDOWN}?token=${token}`),
      text(`${SHUTDOWN}?access_token=${token}`),
      text(SHUTDOWN, { 'Content-Type': 'application/json' }, JSON.stringify({ token })),
      text('GET /api/shutdown'),
      text('GET /'),
      text('HEAD /api/health'),
      text('POST /api/health'),
      text('GET /api/health/../shutdown'),
      text('GET //api/health'),
    ]
    expect(await Promise.all(wrong.map(statusOf))).toEqual(wrong.map(() => 401))
    expect(await statusOf(text(`GET http://127.0.0.1:${daemon.port}/api/health`))).toBe(400)
    await expectWell()
  })

  it('opens no path that does not exist', async () => {
    const paths = [
      'GET /',
      'GET /api/shutdown',
      'POST /api/shutdown/',
      'POST /API/SHUTDOWN',
      'GET /etc/passwd',
    ]
    const asked = [
      ...paths,
      'DELETE /api/shutdown',
      'POST /api/%73hutdown',
      'POST /constructor',
      'POST /__proto__',
    ]
    expect(await Promise.all(asked.map((line) => statusOf(text(line, authorized()))))).toEqual(
      asked.map(() => 404),
    )
    await expectWell()
  })
})

describe('a browser', () => {
  it('that was led here by another name is refused, whatever the path', async () => {
    const { port } = daemon
    const hosts = ['evil.example', `evil.example:${port}`, '127.0.0.1', 'localhost', `127.0.0.1:${port - 1}`]
    const more = [
      `[::1]:${port}`,
      `localhost.evil.example:${port}`,
      `127.0.0.1:${port}@evil`,
      `0.0.0.0:${port}`,
      '',
    ]
    for (const Host of [...hosts, ...more]) {
      const [health, shutdown] = await Promise.all([
        statusOf(text('GET /api/health', { Host })),
        statusOf(text(SHUTDOWN, authorized({ Host }))),
      ])
      expect([Host, health, shutdown]).toEqual([Host, 403, 403])
    }
    expect(await statusOf(text('GET /api/health', { Host: null }))).toBe(400)
    expect(await statusOf('GET /api/health HTTP/1.0\r\n\r\n')).toBe(403)
    expect(await statusOf(text('GET /api/health', { Host: `localhost:${port}` }))).toBe(200)
    await expectWell()
  })

  it('on another site is refused, also with the token', async () => {
    const { port } = daemon
    const origins = [
      'http://evil.example',
      'null',
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${port - 1}`,
    ]
    const foreign = [
      ...origins.map((Origin) => ({ Origin })),
      { Origin: 'file://' },
      { Origin: `http://127.0.0.1:${port}.evil.example` },
      { 'Sec-Fetch-Site': 'cross-site' },
    ]
    for (const headers of foreign) {
      const [health, shutdown] = await Promise.all([
        statusOf(text('GET /api/health', headers)),
        statusOf(text(SHUTDOWN, authorized(headers))),
      ])
      expect([headers, health, shutdown]).toEqual([headers, 403, 403])
    }
    const own = { Origin: `http://127.0.0.1:${port}`, 'Sec-Fetch-Site': 'same-origin' }
    expect(await statusOf(text('GET /api/health', own))).toBe(200)
    await expectWell()
  })

  it('is told by no reply that it may read it', async () => {
    const reply = await askHealth(daemon.port)
    expect(reply.text.toLowerCase()).not.toContain('access-control-')
    expect(reply.text.toLowerCase()).toContain('cache-control: no-store')
  })
})

describe('a body', () => {
  const json = { 'Content-Type': 'application/json' }
  const large = 'x'.repeat(2 * 1024 * 1024)

  it('of another type, or that is not JSON, is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', '']) {
      expect([type, await statusOf(text(SHUTDOWN, authorized({ 'Content-Type': type }), '{}'))]).toEqual([
        type,
        415,
      ])
    }
    expect(await statusOf(text(SHUTDOWN, authorized(json), '{"reason":'))).toBe(400)
    await expectWell()
  })

  it('of 2 MiB is refused: announced, announced and sent, in chunks, and without the token', async () => {
    const announced = authorized({ ...json, 'Content-Length': String(large.length) })
    const chunked = authorized({ ...json, 'Transfer-Encoding': 'chunked' })
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const before = residentMibOf(daemon.pid)
    expect(await statusOf(text(SHUTDOWN, announced))).toBe(413)
    expect([413, null]).toContain(await statusOf(text(SHUTDOWN, authorized(json), large)))
    expect(await statusOf(`${text(SHUTDOWN, chunked)}${chunk.repeat(32)}0\r\n\r\n`)).toBe(413)
    expect([401, null]).toContain(await statusOf(text(SHUTDOWN, json, large)))
    expect(residentMibOf(daemon.pid) - before).toBeLessThan(64)
    await expectWell()
  })
})

describe('a client that will not come to an end', () => {
  it('is outlasted, and everybody else is answered meanwhile', async () => {
    const body = authorized({ 'Content-Type': 'application/json' })
    const chunked = text(SHUTDOWN, { ...body, 'Transfer-Encoding': 'chunked' })
    const slow: Readonly<Record<string, Speech>> = {
      'a body that never comes': text(SHUTDOWN, { ...body, 'Content-Length': '10' }),
      'a body that drips': { pieces: endlessly(chunked, '1\r\n \r\n'), pauseMs: 300 },
      'headers that never end': {
        pieces: endlessly('GET /api/health HTTP/1.1\r\n', 'X: y\r\n'),
        pauseMs: 300,
      },
      'half a request line': 'GET /api/hea',
      'nothing at all': '',
      'a body that health did not ask for': text('GET /api/health', { 'Content-Length': '10' }),
      'a flood of headers': {
        pieces: endlessly('GET / HTTP/1.1\r\n', `X: ${'y'.repeat(60_000)}\r\n`),
        pauseMs: 1,
      },
      'an endless request line': { pieces: endlessly('GET /', Buffer.alloc(60_000, 'a')), pauseMs: 1 },
    }
    let isOver = false
    const meanwhile = answeredWhile(() => !isOver)
    const answers = await Promise.all(
      Object.entries(slow).map(async ([name, speech]) => [name, (await say(daemon.port, speech)).isClosed]),
    )
    isOver = true
    expect(answers).toEqual(Object.keys(slow).map((name) => [name, true]))
    expect(await meanwhile).toBeLessThan(AT_ONCE_MS)
    await expectWell()
  })

  it('in two thousand idle connections keeps no other client out, and holds only some of them', async () => {
    const idle: Socket[] = []
    for (let left = 2_000; left > 0; left -= 100) {
      idle.push(...(await Promise.all(Array.from({ length: 100 }, open))))
    }
    const { status, ms } = await askHealth(daemon.port)
    expect([status, ms < AT_ONCE_MS]).toEqual([200, true])
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: daemon.pid })
    expect(sockets()).toBeLessThan(300)
    for (const socket of idle) socket.destroy()
    expect(await until(() => sockets() < 10)).toBe(true)
    await expectWell()
  })
})

/** The longest that anybody waited for the health of the daemon. */
async function answeredWhile(isGoingOn: () => boolean): Promise<number> {
  let longest = 0
  while (isGoingOn()) {
    const { status, ms } = await askHealth(daemon.port)
    longest = Math.max(longest, status === 200 ? ms : Number.POSITIVE_INFINITY)
    await sleep(100)
  }
  return longest
}

/** A connection, or one that was not even taken. */
function open(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: daemon.port })
    for (const event of ['connect', 'error', 'close'] as const) socket.once(event, () => resolve(socket))
    socket.on('error', () => undefined)
  })
}

/** How many sockets the daemon has open. */
function sockets(): number {
  const directory = `/proc/${daemon.pid}/fd`
  return readdirSync(directory).filter((name) => targetOf(`${directory}/${name}`).startsWith('socket:'))
    .length
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}

describe('nonsense', () => {
  it('is refused or closed', async () => {
    const clientHello = Buffer.concat([Buffer.from('16030100c8010000c40303', 'hex'), Buffer.alloc(196, 7)])
    const nonsense: Readonly<Record<string, Speech>> = {
      'an unknown method': text('BREW /api/shutdown', authorized()),
      'a method in small letters': text('post /api/shutdown', authorized()),
      CONNECT: text(`CONNECT 127.0.0.1:${daemon.port}`, authorized()),
      'OPTIONS *': text('OPTIONS *', authorized()),
      TRACE: text('TRACE /api/health', authorized()),
      'another protocol': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'another version': `GET /api/health HTTP/9.9\r\nHost: 127.0.0.1:${daemon.port}\r\n\r\n`,
      TLS: clientHello,
      zeros: Buffer.alloc(4_096),
      'line feeds': '\r\n'.repeat(1_000),
      'two lengths': text(SHUTDOWN, authorized({ 'Content-Length': '2', 'content-length': '3' }), '{}'),
      'a length and chunks': text(
        SHUTDOWN,
        authorized({ 'Content-Length': '2', 'Transfer-Encoding': 'chunked' }),
        '{}',
      ),
      'a negative length': text(SHUTDOWN, authorized({ 'Content-Length': '-1' })),
      'a folded header': text('GET /api/health', { X: 'y\r\n folded' }),
      'a space in a header name': text('GET /api/health', { 'X y': 'z' }),
      'an upgrade': text('GET /api/shutdown', { Connection: 'Upgrade', Upgrade: 'websocket' }),
      'an expectation': text(SHUTDOWN, { Expect: 'a miracle' }),
    }
    const answers = Object.entries(nonsense).map(async ([name, speech]) => {
      const { status, isClosed } = await say(daemon.port, speech)
      return [name, status === null || status >= 400, isClosed]
    })
    expect(await Promise.all(answers)).toEqual(Object.keys(nonsense).map((name) => [name, true, true]))
    await expectWell()
  })

  it('in one piece with other requests does no harm: the first is answered, and the connection closed', async () => {
    for (const next of [text('GET /api/health').repeat(50), text(SHUTDOWN), 'rubbish\r\n\r\n']) {
      const many = await say(daemon.port, `${text('GET /api/health')}${next}`)
      expect([many.status, many.isClosed, many.text.match(/HTTP\/1\.1 /g)?.length]).toEqual([200, true, 1])
    }
    await expectWell()
  })
})
