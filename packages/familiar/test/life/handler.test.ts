import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  BUSY_MS,
  ended,
  leaveNoDaemons,
  leavesAfter,
  logged,
  NEVER_MS,
  QUICK,
  signal,
  UNHURRIED,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { portsOf } from '../helpers/ports.js'
import { expectLeft, expectStays, startRetiring, type Retiring } from '../helpers/retiring.js'
import { chunk, leaveNoTalks, requestText, saidIn, talkTo, type Said, type Talk } from '../helpers/talk.js'
import { ask } from '../helpers/wire.js'

const ports = portsOf('life/handler')

leaveNoDaemons(ports)
leaveNoTalks()

const MIB = 1024 * 1024

/** A daemon with a handler. */
function start(timing: object = {}, args: readonly string[] = []): Promise<Retiring> {
  return startRetiring(ports, { timing: { ...UNHURRIED, ...timing }, args: ['--handler=yes', ...args] })
}

/** Several ticks that come soon. */
const TICKING = { tickMs: QUICK.tickMs }
/** Longer than a busy machine keeps a request waiting. */
const IDLE_MS = 5_000

type Headers = Readonly<Record<string, string>>

/** A request with the token. */
function begin({ port, record }: Retiring, line: string, headers: Headers = {}, body = ''): Talk {
  const authorization = { Authorization: `Bearer ${record.token}` }
  return talkTo(port, requestText(port, line, { ...authorization, ...headers }, body))
}

async function answerOf(...asked: Parameters<typeof begin>): Promise<Said> {
  return saidIn(await begin(...asked).closed())
}

const CHUNKED = { 'Transfer-Encoding': 'chunked' }

describe('an idle daemon with a handler', () => {
  /** Node's own modules for its web classes: their memory is what an idle daemon must not pay for. */
  async function webModulesIn(daemon: Retiring): Promise<readonly string[]> {
    const { modules } = (await (await daemon.post('/api/loaded')).json()) as { modules: string[] }
    expect(modules.length).toBeGreaterThan(50)
    return modules.filter((name) => /undici|webstreams\/readablestream/.test(name))
  }

  it('has not loaded what only a handler needs, whatever it did without one; the first request loads it', async () => {
    const daemon = await start({}, ['--pages=yes'])
    const headers = { 'x-familiar-nonce': 'c3'.repeat(16) }
    expect((await ask(daemon.port, '/api/health', { headers })).status).toBe(200)
    expect((await ask(daemon.port, '/')).text).toBe('a page: ö')
    expect((await ask(daemon.port, '/x', { method: 'POST' })).status).toBe(401)
    expect((await daemon.post('/api/slow', { ms: 0 })).status).toBe(200)
    expect(await webModulesIn(daemon)).toEqual([])
    expect((await answerOf(daemon, 'POST /')).body).toBe('nothing')
    expect(await webModulesIn(daemon)).toContain('NativeModule internal/deps/undici/undici')
  })
})

describe('the log of a daemon', () => {
  it('has what its handler writes, and what it fails with', async () => {
    const daemon = await start()
    expect((await answerOf(daemon, 'POST /logs')).status).toBe(200)
    expect((await answerOf(daemon, 'POST /fails')).status).toBe(500)
    expect(logged(daemon.log, 'of_the_handler')).toMatchObject([{ more: 1 }])
    expect(logged(daemon.log, 'handler_failed')).toMatchObject([
      {
        method: 'POST',
        path: '/fails',
        why: 'this handler is broken',
        stack: expect.stringMatching(/at handler \(/),
      },
    ])
  })
})

describe('the memory of a daemon is bounded', () => {
  function peakMib({ pid }: Retiring): number {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1]) / 1024
  }

  it('with clients that do not read what never ends, and one that sends 256 MiB to a slow handler', async () => {
    const daemon = await start({}, [`--most=${512 * MIB}`])
    const lazy = Array.from({ length: 8 }, () => begin(daemon, 'GET /endless'))
    await Promise.all(lazy.map((talk) => talk.hears('200')))
    for (const talk of lazy) talk.pause()
    const before = peakMib(daemon)
    expect(before).toBeGreaterThan(20)
    const sender = begin(daemon, 'POST /slowly', { 'Content-Length': String(256 * MIB) })
    const piece = Buffer.alloc(8 * MIB)
    for (let sent = 0; sent < 256 * MIB; sent += piece.length) {
      sender.say(piece)
      while (sender.unsent() > 16 * MIB) await sleep(5)
    }
    expect(saidIn(await sender.closed()).body).toBe(String(256 * MIB))
    expect(peakMib(daemon) - before).toBeLessThan(128)
  })
})

describe('the time for a request', () => {
  it('does not bind a client with the token, and binds everybody else', async () => {
    const daemon = await start()
    const { port } = daemon
    const proof = { 'x-familiar-nonce': 'c3'.repeat(16), Connection: 'keep-alive' }
    const trusted = begin(daemon, 'POST /count', CHUNKED)
    const idle = talkTo(port, requestText(port, 'GET /api/health', proof))
    const half = talkTo(port, requestText(port, 'POST /count', CHUNKED).slice(0, -2))
    await idle.hears('keep-alive')
    const began = performance.now()
    const until = (talk: Talk): Promise<number> => talk.closed().then(() => performance.now() - began)
    const closed = Promise.all([until(idle), until(half)])
    while (performance.now() - began < 14_000) {
      trusted.say(chunk('x'.repeat(1_000)))
      half.say('x: y\r\n')
      if (!idle.isClosed()) await sleep(500)
      else await sleep(1_000)
    }
    const times = await closed
    for (const ms of times) expect(ms).toBeLessThan(10_000 + BUSY_MS)
    for (const ms of times) expect(ms).toBeGreaterThan(9_000)
    expect(trusted.isClosed()).toBe(false)
    trusted.say('0\r\n\r\n')
    expect(saidIn(await trusted.closed())).toMatchObject({ status: 200, isWhole: true })
  })
})

describe('what is held', () => {
  const held = (daemon: Retiring, ms: number): Promise<Said> => answerOf(daemon, `POST /held/${ms}`)

  it('keeps a daemon from being idle, until it is let go', async () => {
    const daemon = await start({ ...TICKING, idleMs: IDLE_MS })
    expect((await held(daemon, 2 * IDLE_MS)).body).toBe('nothing')
    await expectStays(daemon, 1.7 * IDLE_MS)
    await expectLeft(daemon, 'idle', 'R4')
  })

  it('is waited for by a daemon that leaves', async () => {
    const daemon = await start({ drainMs: 2 * BUSY_MS })
    expect((await held(daemon, 1_500)).status).toBe(200)
    signal(daemon, 'SIGTERM')
    expect(await leavesAfter(daemon)).toBeLessThan(BUSY_MS)
    expect(logged(daemon.log, 'leaving')).toMatchObject([{ in_flight: 1 }])
    expect(logged(daemon.log, 'stopped')).toMatchObject([{ abandoned: 0 }])
  })

  it('is abandoned after the drain time', async () => {
    const daemon = await start({ drainMs: 500 })
    expect((await held(daemon, NEVER_MS)).status).toBe(200)
    signal(daemon, 'SIGTERM')
    await ended(daemon)
    expect(logged(daemon.log, 'stopped')).toMatchObject([{ abandoned: 1 }])
  })
})

describe('a daemon that leaves', () => {
  it('finishes the stream of a client with the token', async () => {
    const daemon = await start({ drainMs: 2 * BUSY_MS })
    const talk = begin(daemon, 'GET /stream/1500')
    await talk.hears('first;')
    signal(daemon, 'SIGTERM')
    expect(saidIn(await talk.closed())).toMatchObject({ body: 'first;last;', isWhole: true })
    await ended(daemon)
    expect(logged(daemon.log, 'leaving')).toMatchObject([{ in_flight: 1 }])
    expect(logged(daemon.log, 'stopped')).toMatchObject([{ abandoned: 0 }])
  })

  it('ends a public event stream, and does not wait for it; an open one keeps it from being idle', async () => {
    const daemon = await start({ ...TICKING, idleMs: IDLE_MS, drainMs: 2 * BUSY_MS })
    const talk = talkTo(daemon.port, requestText(daemon.port, 'GET /events'))
    await talk.hears('first;')
    await expectStays(daemon, 1.5 * IDLE_MS)
    signal(daemon, 'SIGTERM')
    expect(saidIn(await talk.closed())).toMatchObject({ body: 'first;', isWhole: true })
    expect(await leavesAfter(daemon)).toBeLessThan(BUSY_MS)
    expect(logged(daemon.log, 'leaving')).toMatchObject([{ in_flight: 0 }])
  })

  it('closes a connection that was proven and says no more', async () => {
    const daemon = await start({ drainMs: 2 * BUSY_MS })
    const proof = { 'x-familiar-nonce': 'c3'.repeat(16), Connection: 'keep-alive' }
    const kept = talkTo(daemon.port, requestText(daemon.port, 'GET /api/health', proof))
    await kept.hears('keep-alive')
    signal(daemon, 'SIGTERM')
    await kept.closed()
    await ended(daemon)
    await eventually(() => expect(logged(daemon.log, 'stopped')).toMatchObject([{ abandoned: 0 }]))
  })
})

describe('a client that has its proof', () => {
  const proof = { 'x-familiar-nonce': 'c3'.repeat(16), Connection: 'keep-alive' }

  it('is answered on that connection although the daemon has begun to leave', async () => {
    const daemon = await start({ drainMs: 2 * BUSY_MS })
    const talk = talkTo(daemon.port, requestText(daemon.port, 'GET /api/health', proof))
    await talk.hears('"proof"')
    signal(daemon, 'SIGTERM')
    await eventually(() => expect(logged(daemon.log, 'leaving')).toHaveLength(1))
    const headers = { Authorization: `Bearer ${daemon.record.token}` }
    talk.say(requestText(daemon.port, 'POST /', headers, 'now'))
    expect(await talk.closed()).toMatch(/\r\nnothing\r\n0\r\n\r\n$/)
    await ended(daemon)
    expect(logged(daemon.log, 'stopped')).toMatchObject([{ reason: 'SIGTERM', abandoned: 0 }])
  })

  it('and sends no request keeps no daemon from leaving', async () => {
    const daemon = await start({ drainMs: 2 * BUSY_MS })
    const talk = talkTo(daemon.port, requestText(daemon.port, 'GET /api/health', proof))
    await talk.hears('"proof"')
    signal(daemon, 'SIGTERM')
    await ended(daemon)
    expect(logged(daemon.log, 'stopped')).toMatchObject([{ reason: 'SIGTERM', abandoned: 0 }])
  })
})
