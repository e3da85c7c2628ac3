import { expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { probe } from '../../src/observe/probe-health.js'
import { eventually } from '../helpers/eventually.js'
import { leaveNothing } from '../helpers/leaks.js'
import { connectionsTo } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'

const ports = portsOf('observe/health-hostile')
const nextPort = portsIn(ports)
/** For those that never answer; it is waited for to the end. */
const SHORT_MS = 400

/** For those that answer at once; on a busy machine that takes a moment. */
const LONG_MS = 20_000

/** What a bounded probe may take on a busy machine. Unbounded ones would take for ever. */
const BOUND_MS = LONG_MS + 30_000

leaveNothing(ports)

it.for([
  ['silent', ['silent'], SHORT_MS],
  ['drip', ['silent'], SHORT_MS],
  ['big', ['http'], LONG_MS],
  ['endless', ['http'], LONG_MS],
  ['endless-headers', ['http'], LONG_MS],
  ['redirect', ['http'], LONG_MS],
  ['invalid-json', ['http'], LONG_MS],
  ['wrong-types', ['http', 'json'], LONG_MS],
  // What came before the reset may be lost with it.
  ['reset', ['http', 'silent'], LONG_MS],
  ['full-backlog', ['silent'], SHORT_MS],
  ['http', ['http'], LONG_MS],
] as const)(
  'a probe of a listener of the kind %s ends in time, and its connection with it',
  async ([kind, kinds, timeoutMs]) => {
    const { port } = await spawnHostile(kind, nextPort())
    const started = performance.now()
    const reply = await probe('127.0.0.1', port, '/api/health', timeoutMs)
    expect(performance.now() - started).toBeLessThan(BOUND_MS)
    expect(kinds).toContain(reply.kind)
    if (kind !== 'full-backlog') await eventually(() => expect(connectionsTo(port)).toBe(0))
  },
)

it.for(['endless', 'endless-headers'] as const)(
  'a probe of a listener of the kind %s has had enough long before its time is over',
  async (kind) => {
    const { port } = await spawnHostile(kind, nextPort())
    const started = performance.now()
    expect(await probe('127.0.0.1', port, '/api/health', 100_000)).toEqual({ kind: 'http' })
    expect(performance.now() - started).toBeLessThan(60_000)
  },
)

it('a probe reads any JSON that it gets, and judges nothing', async () => {
  const payload = { status: 'ok', nested: [null, { token: 7 }] }
  const { port } = await spawnHostile('mimic', nextPort(), { payload })
  expect(await probe('127.0.0.1', port, '/api/health', LONG_MS)).toEqual({ kind: 'json', body: payload })
  expect(await probe('127.0.0.1', port, '/else', LONG_MS)).toEqual({ kind: 'http' })
})

it('a probe does not follow a redirect', async () => {
  const target = await spawnHostile('mimic', nextPort(), { payload: { status: 'ok' } })
  const { port } = await spawnHostile('redirect', nextPort(), { payload: target.port })
  expect(await probe('127.0.0.1', port, '/api/health', LONG_MS)).toEqual({ kind: 'http' })
})

it('a probe takes the bytes that dripped in time, and no more time for them', async () => {
  const { port } = await spawnHostile('drip', nextPort(), { delayMs: 5 })
  const started = performance.now()
  expect(await probe('127.0.0.1', port, '/api/health', SHORT_MS)).toEqual({ kind: 'http' })
  expect(performance.now() - started).toBeLessThan(BOUND_MS)
})
