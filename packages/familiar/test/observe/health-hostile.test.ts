import { expect, it, vi } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { probe } from '../../src/observe/health.js'
import { leaveNothing } from '../helpers/leaks.js'
import { connectionsTo } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'

const ports = portsOf('observe/health-hostile')
const nextPort = portsIn(ports)
const TIMEOUT_MS = 400

/** What a bounded probe may take on a busy machine. Unbounded ones would take for ever. */
const BOUND_MS = TIMEOUT_MS + 4_000

leaveNothing(ports)

it.for([
  ['silent', ['silent']],
  ['drip', ['silent']],
  ['big', ['http']],
  ['endless', ['http']],
  ['endless-headers', ['http']],
  ['redirect', ['http']],
  ['invalid-json', ['http']],
  ['wrong-types', ['http', 'json']],
  // What came before the reset may be lost with it.
  ['reset', ['http', 'silent']],
  ['full-backlog', ['silent']],
  ['http', ['http']],
] as const)(
  'a probe of a listener of the kind %s ends in time, and its connection with it',
  async ([kind, kinds]) => {
    const { port } = await spawnHostile(kind, nextPort())
    const started = performance.now()
    const reply = await probe('127.0.0.1', port, '/api/health', TIMEOUT_MS)
    expect(performance.now() - started).toBeLessThan(BOUND_MS)
    expect(kinds).toContain(reply.kind)
    if (kind !== 'full-backlog') await vi.waitFor(() => expect(connectionsTo(port)).toBe(0))
  },
)

it.for(['endless', 'endless-headers'] as const)(
  'a probe of a listener of the kind %s has had enough long before its time is over',
  async (kind) => {
    const { port } = await spawnHostile(kind, nextPort())
    const started = performance.now()
    expect(await probe('127.0.0.1', port, '/api/health', 25_000)).toEqual({ kind: 'http' })
    expect(performance.now() - started).toBeLessThan(20_000)
  },
)

it('a probe reads whatever JSON it is told, and judges nothing', async () => {
  const payload = { status: 'ok', nested: [null, { token: 7 }] }
  const { port } = await spawnHostile('mimic', nextPort(), { payload })
  expect(await probe('127.0.0.1', port, '/api/health', TIMEOUT_MS)).toEqual({ kind: 'json', body: payload })
  expect(await probe('127.0.0.1', port, '/else', TIMEOUT_MS)).toEqual({ kind: 'http' })
})

it('a probe does not follow a redirect', async () => {
  const target = await spawnHostile('mimic', nextPort(), { payload: { status: 'ok' } })
  const { port } = await spawnHostile('redirect', nextPort(), { payload: target.port })
  expect(await probe('127.0.0.1', port, '/api/health', TIMEOUT_MS)).toEqual({ kind: 'http' })
})

it('a probe takes the bytes that dripped in time, and no more time for them', async () => {
  const { port } = await spawnHostile('drip', nextPort(), { delayMs: 5 })
  const started = performance.now()
  expect(await probe('127.0.0.1', port, '/api/health', TIMEOUT_MS)).toEqual({ kind: 'http' })
  expect(performance.now() - started).toBeLessThan(BOUND_MS)
})
