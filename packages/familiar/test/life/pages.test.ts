import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import {
  BUSY_MS,
  ended,
  leaveNoDaemons,
  leavesAfter,
  logged,
  logOf,
  QUICK,
  shared,
  signal,
  UNHURRIED,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome, removeAtOnce } from '../helpers/homes.js'
import { connectionsTo } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'
import { expectLeft, expectStays, startRetiring, type Retiring } from '../helpers/retiring.js'
import { ask, mute, openStream, type Stream } from '../helpers/wire.js'

const all = portsOf('life/pages')
/** Those that live as long as the file have a range of their own: a scan that meets them takes a process more. */
const [ports, portsOfShared] = [
  { from: all.from, to: all.to - 5 },
  { from: all.to - 5, to: all.to },
]
const family = daemonFamily(ports)

leaveNoDaemons(all)

/** A daemon with pages. */
function start(timing: object = {}, args: readonly string[] = [], range = ports): Promise<Retiring> {
  return startRetiring(range, { timing: { ...UNHURRIED, ...timing }, args: ['--pages=yes', ...args] })
}

const common = shared(() => start({}, [], portsOfShared))

/** One for all tests that leave it as it was. It has no stream. */
async function one(): Promise<Retiring> {
  const daemon = await common()
  await streamsBecome(daemon, 0)
  return daemon
}

/** Several ticks that come soon. */
const TICKING = { tickMs: QUICK.tickMs }
/** Longer than a busy machine keeps a request waiting. */
const IDLE_MS = 5_000

let open: (() => void)[] = []

afterEach(() => {
  for (const end of open) end()
  open = []
})

async function stream(daemon: Retiring, path = '/events'): Promise<Stream> {
  const opened = await openStream(daemon.port, path)
  open.push(opened.leave)
  return opened
}

/** Sends to every stream, and returns how many there are. */
async function emit(daemon: Retiring, what: object = { event: 'changed', data: 1 }): Promise<number> {
  const { streams } = (await (await daemon.post('/api/emit', what)).json()) as { streams: number }
  return streams
}

/** A server learns a moment later that a client is gone. */
async function streamsBecome(daemon: Retiring, count: number, timeout = 60_000): Promise<void> {
  await vi.waitFor(async () => expect(await emit(daemon)).toBe(count), { timeout, interval: 50 })
}

function residentMib({ pid }: Retiring): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

describe('a page', () => {
  it('needs no token, and comes with the headers that it has and no others', async () => {
    const daemon = await one()
    const page = await ask(daemon.port, '/?query=1')
    expect([page.status, page.text]).toEqual([200, 'a page: ö'])
    expect(page.headers).toEqual({
      'content-type': 'text/plain; charset=utf-8',
      'x-page': 'yes',
      'content-length': '10',
      connection: 'close',
      date: expect.anything(),
    })
    expect((await ask(daemon.port, '/bytes')).headers['content-length']).toBe('3')
    expect(await ask(daemon.port, '/missing')).toMatchObject({ status: 404, text: 'no such thing' })
  })

  it('is sent without its body to HEAD', async () => {
    const daemon = await one()
    const page = await ask(daemon.port, '/', { method: 'HEAD' })
    expect([page.status, page.headers['content-length'], page.text]).toEqual([200, '10', ''])
  })

  it('is what it is to GET and HEAD alone; everything else needs the token, and so does what is not a page', async () => {
    const daemon = await one()
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      expect([method, (await ask(daemon.port, '/', { method })).status]).toEqual([method, 401])
    }
    for (const path of ['/none', '/api/shutdown', '//', '/./', '/%2e']) {
      expect([path, (await ask(daemon.port, path)).status]).toEqual([path, 401])
    }
    expect((await ask(daemon.port, 'http://127.0.0.1/')).status).toBe(400)
    const headers = { authorization: `Bearer ${daemon.record.token}` }
    expect((await ask(daemon.port, '/none', { headers })).status).toBe(404)
    expect((await ask(daemon.port, '/', { headers, method: 'POST' })).status).toBe(404)
    expect(daemon.isAlive()).toBe(true)
  })

  it.for([
    ['Host', 'evil.example', 'foreign_host'],
    ['Origin', 'http://evil.example', 'foreign_origin'],
    ['Sec-Fetch-Site', 'cross-site', 'cross_site'],
  ] as const)('is refused to a foreign %s, and so is a stream', async ([name, value, error]) => {
    const daemon = await one()
    for (const path of ['/', '/events', '/none']) {
      const refused = await ask(daemon.port, path, { headers: { [name]: value } })
      expect([path, refused.status, JSON.parse(refused.text)]).toEqual([path, 403, { error }])
    }
    expect(await emit(daemon)).toBe(0)
  })

  const tunnelled = ['localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'localhost', '127.0.0.1', '[::1]']

  it.for(tunnelled)('is answered through a tunnel, as %s, to its own origin alone', async (host) => {
    const daemon = await one()
    const own = { Host: host, Origin: `http://${host}`, 'Sec-Fetch-Site': 'same-origin' }
    for (const headers of [{ Host: host }, own])
      expect((await ask(daemon.port, '/', { headers })).text).toBe('a page: ö')
    for (const [headers, error] of [
      [{ ...own, Origin: `http://127.0.0.1:${daemon.port}` }, 'foreign_origin'],
      [{ ...own, Origin: 'http://localhost:8081' }, 'foreign_origin'],
      [{ ...own, 'Sec-Fetch-Site': 'cross-site' }, 'cross_site'],
      [{ ...own, 'Sec-Fetch-Site': 'same-site' }, 'cross_site'],
    ] as const)
      expect(await ask(daemon.port, '/', { headers })).toMatchObject({
        status: 403,
        text: JSON.stringify({ error }),
      })
  })

  it.for(tunnelled)('alone is answered through a tunnel: nothing else is, as %s', async (host) => {
    const daemon = await one()
    const headers = { Host: host, authorization: `Bearer ${daemon.record.token}` }
    const refused = { status: 403, text: '{"error":"foreign_host"}' }
    for (const [method, path] of [
      ['POST', '/api/shutdown'],
      ['POST', '/'],
      ['GET', '/none'],
      ['GET', '/api/health'],
      ['OPTIONS', '/'],
    ] as const)
      expect(await ask(daemon.port, path, { method, headers })).toMatchObject(refused)
    expect(daemon.isAlive()).toBe(true)
  })

  it.for(['localhost.evil.example:1', '127.0.0.1.evil.example', 'localhost:x', 'localhost:', '127.0.0.2:80'])(
    'is refused as %j',
    async (host) => {
      const daemon = await one()
      const refused = await ask(daemon.port, '/', { headers: { Host: host } })
      expect([refused.status, refused.text]).toEqual([403, '{"error":"foreign_host"}'])
    },
  )

  it('that throws is a 500, and the daemon lives', async () => {
    const daemon = await one()
    expect(await ask(daemon.port, '/rejects')).toMatchObject({ status: 500, text: '{"error":"internal"}' })
    await expectStays(daemon, 200)
  })

  it('is in flight: a daemon that leaves finishes it', async () => {
    const daemon = await start({ drainMs: 5_000 })
    const slow = ask(daemon.port, '/slow/800')
    await sleep(200)
    signal(daemon, 'SIGTERM')
    expect(await slow).toMatchObject({ status: 200, text: 'slept 800 ms' })
    await ended(daemon)
    expect(logged(daemon.log, 'leaving')).toMatchObject([{ in_flight: 1 }])
  })

  it('is one for each connection: what is sent behind it is not begun', async () => {
    const daemon = await start({ drainMs: 0 })
    const get = `GET /slow/20000 HTTP/1.1\r\nHost: 127.0.0.1:${daemon.port}\r\n\r\n`
    open.push(mute(daemon.port, get.repeat(20_000)).end)
    await sleep(1_000)
    expect((await ask(daemon.port, '/')).status).toBe(200)
    signal(daemon, 'SIGTERM')
    await ended(daemon)
    expect(logged(daemon.log, 'leaving')).toMatchObject([{ in_flight: 1 }])
  })
})

describe('an event stream', () => {
  it('arrives as it was sent', async () => {
    const daemon = await one()
    const opened = await stream(daemon)
    expect(opened.status).toBe(200)
    expect(opened.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    })
    await emit(daemon, { event: 'changed', data: { missions: ['a\r\n\r\nevent: b'] } })
    await emit(daemon, { event: 'changed', data: null })
    const events = [
      'event: hello\ndata: {"text":"one\\ntwo","letter":"ö"}',
      'event: changed\ndata: {"missions":["a\\r\\n\\r\\nevent: b"]}',
      'event: changed\ndata: null',
    ]
    await eventually(() => expect(opened.text()).toBe(`${events.join('\n\n')}\n\n`))
  })

  it('is nothing for HEAD, which ends at once and takes no place', async () => {
    const daemon = await one()
    expect(await ask(daemon.port, '/events', { method: 'HEAD' })).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      text: '',
    })
    const head = `HEAD /events HTTP/1.1\r\nHost: 127.0.0.1:${daemon.port}\r\n\r\n`
    open.push(mute(daemon.port, head).end)
    await sleep(300)
    expect(await emit(daemon)).toBe(0)
  })

  it('whose beginning throws is closed, and the daemon lives', async () => {
    const daemon = await one()
    const opened = await stream(daemon, '/broken-events')
    expect(await opened.ended).toBe(false)
    await expectStays(daemon, 200)
  })

  it('ends when its client goes away', async () => {
    const daemon = await one()
    const opened = await stream(daemon)
    expect(await emit(daemon)).toBe(1)
    opened.leave()
    await streamsBecome(daemon, 0)
  })

  it('ends so also without an event, and after a body that was not asked for', async () => {
    const daemon = await start({ ...TICKING, idleMs: IDLE_MS })
    const body = 'x'.repeat(200_000)
    const head = `GET /events HTTP/1.1\r\nHost: 127.0.0.1:${daemon.port}\r\nContent-Length: ${body.length + 1}\r\n\r\n`
    const talker = mute(daemon.port, head + body)
    await expectStays(daemon, 1.5 * IDLE_MS)
    talker.end()
    await expectLeft(daemon, 'idle', 'R4')
  })

  it('is one of 64: the next is a 503, until one goes; nothing else is lost by that', async () => {
    const daemon = await one()
    const opened = await Promise.all(Array.from({ length: 64 }, () => stream(daemon)))
    expect(opened.map(({ status }) => status)).toEqual(opened.map(() => 200))
    expect(await emit(daemon)).toBe(64)
    expect((await ask(daemon.port, '/events')).status).toBe(503)
    expect((await ask(daemon.port, '/')).status).toBe(200)
    opened[0]?.leave()
    await streamsBecome(daemon, 63)
    expect((await stream(daemon)).status).toBe(200)
    // Its standard error: no word of Node's about a leak.
    expect(readFileSync(logOf(daemon.root), 'utf8')).toBe('')
  })

  it('that is not read is cut off, and its memory does not grow; others get everything', async () => {
    const daemon = await start()
    const get = `GET /events HTTP/1.1\r\nHost: 127.0.0.1:${daemon.port}\r\n\r\n`
    const lazy = mute(daemon.port, get)
    open.push(lazy.end)
    const eager = await stream(daemon)
    await streamsBecome(daemon, 2)
    const before = residentMib(daemon)
    let [sent, count] = [0, 2]
    while (count > 1 && sent < 500) {
      count = await emit(daemon, { event: 'changed', bytes: 64 * 1024 })
      sent += 1
    }
    expect(sent).toBeLessThan(500)
    expect(residentMib(daemon) - before).toBeLessThan(64)
    await eventually(() => expect(eager.text().match(/x{65536}/g)?.length).toBe(sent))
  })
})

describe('a daemon with an open stream', () => {
  it('leaves at once when it is told to: the stream is ended, and not waited for', async () => {
    const daemon = await start({ drainMs: 2 * BUSY_MS })
    const opened = await stream(daemon)
    signal(daemon, 'SIGTERM')
    expect(await leavesAfter(daemon)).toBeLessThan(BUSY_MS)
    expect(await opened.ended).toBe(true)
    expect(logged(daemon.log, 'leaving')).toMatchObject([{ in_flight: 0 }])
  })

  it('leaves so also where a reader does not read', async () => {
    const daemon = await start({ drainMs: 2 * BUSY_MS })
    const get = `GET /events HTTP/1.1\r\nHost: 127.0.0.1:${daemon.port}\r\n\r\n`
    const lazy = mute(daemon.port, get)
    open.push(lazy.end)
    await streamsBecome(daemon, 1)
    await emit(daemon, { event: 'changed', bytes: 200_000 })
    await daemon.post('/api/shutdown')
    expect(await leavesAfter(daemon)).toBeLessThan(BUSY_MS)
  })

  it('is not idle (R4), until the page is closed', async () => {
    const daemon = await start({ ...TICKING, idleMs: IDLE_MS })
    const opened = await stream(daemon)
    await expectStays(daemon, 1.5 * IDLE_MS)
    opened.leave()
    await expectLeft(daemon, 'idle', 'R4')
  })

  it('stays when its installation changes (R3), until the page is closed', async () => {
    const installation = join(makeHome(), 'version')
    writeFileSync(installation, '1.0.0')
    const daemon = await start(TICKING, [`--installation=${installation}`])
    const opened = await stream(daemon)
    writeFileSync(installation, '1.0.1')
    await expectStays(daemon, 1_000)
    opened.leave()
    await expectLeft(daemon, 'installation_changed', 'R3')
  })

  it.for([
    ['is superseded (R1)', ({ root }: Retiring) => rmSync(family.files(root).daemonLock), 'superseded', 'R1'],
    ['its root is gone (R2)', ({ root }: Retiring) => removeAtOnce(root), 'scope_gone', 'R2'],
  ] as const)('leaves when it %s', async ([, change, reason, rule]) => {
    const daemon = await start({ ...TICKING, drainMs: 2 * BUSY_MS })
    const opened = await stream(daemon)
    change(daemon)
    await expectLeft(daemon, reason, rule)
    expect(await opened.ended).toBe(true)
  })
})

describe('a daemon with pages', () => {
  it('is kept from being idle by requests for them, and not by health', async () => {
    const daemon = await start({ ...TICKING, idleMs: IDLE_MS })
    for (const end = performance.now() + 1.5 * IDLE_MS; performance.now() < end;) {
      expect((await ask(daemon.port, '/')).status).toBe(200)
      await sleep(250)
    }
    expect(daemon.isAlive()).toBe(true)
    const polling = setInterval(() => void ask(daemon.port, '/api/health').catch(() => null), 100)
    await ended(daemon)
    clearInterval(polling)
    expect(logged(daemon.log, 'leaving')).toMatchObject([{ rule: 'R4' }])
  })
})

/** How many of the daemon's ends of connections are established: a client that reads nothing does not learn of the end. */
function socketsOf({ port }: Retiring): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
  return rows.filter(([, local = '', , state]) => local.endsWith(`:${hex}`) && state === '01').length
}

/** What takes ten seconds begins before the other tests, and is looked at after them. */
const lazy: (() => void)[] = []
let slept: ReturnType<typeof ask>
let unread: Retiring

beforeAll(async () => {
  slept = ask((await common()).port, '/slow/11000')
  slept.catch(() => undefined)
  unread = await shared(() => start({}, [], portsOfShared))()
  const get = `GET /large/16 HTTP/1.1\r\nHost: 127.0.0.1:${unread.port}\r\n\r\n`
  lazy.push(...Array.from({ length: 4 }, () => mute(unread.port, get).end))
  await eventually(() => expect(connectionsTo(unread.port)).toBe(4))
})

afterAll(() => {
  for (const end of lazy) end()
})

describe('a page that is slow', () => {
  it('that takes longer than a request may is still answered', async () => {
    expect(await slept).toMatchObject({ status: 200, text: 'slept 11000 ms' })
  })

  it('that no client reads is given up, and what it held is free', async () => {
    await eventually(() => expect(socketsOf(unread)).toBe(0))
    expect(unread.isAlive()).toBe(true)
  })
})
