import { expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { scan } from '../../src/observe/scan.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { testFamily } from '../helpers/family.js'
import { figure } from '../helpers/figures.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { candidateAt, SAFE, verdictAt } from '../helpers/seen.js'

const ports = portsOf('observe/scan-hostile')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const platform = await selectPlatform()

/** A scan takes about a second; this is a busy machine. An unbounded one would take for ever. */
const BOUND_MS = 60_000

leaveNothing(ports)

const KINDS = [
  'silent',
  'drip',
  'big',
  'endless',
  'endless-headers',
  'redirect',
  'invalid-json',
  'wrong-types',
  'reset',
  'full-backlog',
  'http',
] as const

it('a scan of every kind of hostile listener at once ends in time, touches none, and finds the daemon among them', async () => {
  const root = makeHome()
  const daemon = await spawnPredecessor({ family: 'sync', port: nextPort(), root })
  const placed = await Promise.all(KINDS.map((kind) => spawnHostile(kind, nextPort())))
  const started = performance.now()
  const seen = await scan(family, root, platform)
  const took = performance.now() - started
  figure(
    `a scan of ${seen.candidates.length} listeners, ${KINDS.length} of them hostile: ${Math.round(took)} ms`,
  )
  expect(took).toBeLessThan(BOUND_MS)
  for (const { kind, port, pid } of placed) {
    const { observation, verdict, proof } = candidateAt(seen, port)
    const rule = observation.answer === 'http' ? 'S3a' : 'S3b'
    expect([verdict.class, verdict.rule, observation.pid, proof], `the listener ${kind}`).toEqual([
      'never_touch',
      rule,
      pid,
      null,
    ])
  }
  expect(verdictAt(seen, daemon.port)).toEqual(SAFE)
})

it.for([
  ['silent', 'not_spec_kitty', 'S3b'],
  ['http', 'third_party', 'S3a'],
] as const)('a scan says of a listener of the kind %s: %s', async ([kind, reason, rule]) => {
  const { port } = await spawnHostile(kind, nextPort())
  expect(verdictAt(await scan(family, makeHome(), platform), port)).toEqual(['never_touch', reason, rule])
})

it('a process that only talks like a daemon is a stranger, no matter what it claims to be', async () => {
  const root = makeHome()
  const daemon = await spawnPredecessor({ family: 'sync', port: nextPort(), root, record: true })
  const reply = await fetch(`http://127.0.0.1:${daemon.port}/api/health`)
  const { port } = await spawnHostile('mimic', nextPort(), { payload: await reply.json() })
  const seen = await scan(family, root, platform)
  expect(verdictAt(seen, port)).toEqual(['never_touch', 'third_party', 'S4'])
  expect(candidateAt(seen, port).observation.pid).not.toBe(daemon.pid)
  expect(candidateAt(seen, port).proof).toBeNull()
})

it('a daemon that talks like one of another family is left alone', async () => {
  const root = makeHome()
  const payload = { status: 'ok', project_path: root, token: 'a'.repeat(32) }
  const { port } = await spawnHostile('mimic', nextPort(), { payload })
  const health = { protocol_version: null, package_version: null, daemon_family: null, project_path: root }
  const daemon = await spawnPredecessor({ family: 'sync', port: nextPort(), root, health })
  const seen = await scan(family, root, platform)
  expect(verdictAt(seen, port)).toEqual(['never_touch', 'dashboard_family', 'S2'])
  expect(verdictAt(seen, daemon.port)).toEqual(['never_touch', 'dashboard_family', 'S2'])
  expect(candidateAt(seen, daemon.port).proof).toBeNull()
})
