import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor, writeSyncRecord } from '../../../../stand-ins/predecessor.mjs'
import { cleanUp, type CleanUpReport, type CleanUpRequest } from '../../src/act/clean-up.js'
import { processKey } from '../../src/identity/proof.js'
import { scan } from '../../src/observe/scan.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { eventually } from '../helpers/eventually.js'
import { testFamily } from '../helpers/family.js'
import { figure } from '../helpers/figures.js'
import { makeHome, treeOf } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { listenersOn, watch } from '../helpers/machine.js'
import { blind, noting } from '../helpers/platforms.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { hold } from '../helpers/proven.js'
import { candidateAt } from '../helpers/seen.js'

const ports = portsOf('act/cleanup')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const real = await selectPlatform()
/** How long a step may take: on a busy machine a daemon needs a while to end, and is killed only by a test that says so. */
const AMPLE_MS = 60_000
/** Long enough for a killed process to be gone, there too. */
const SCANT_MS = 3_000

leaveNothing(ports)

const SWEPT = { outcome: 'swept', path: 'terminate' }
const KILLED = { outcome: 'swept', path: 'kill' }
const SKIPPED = { outcome: 'skipped' }

function clean(scope: string, request: Partial<CleanUpRequest>): Promise<CleanUpReport> {
  return cleanUp({ family, scope, platform: real, intent: 'reset', stepMs: AMPLE_MS, ...request })
}

async function start(root: string, options: Partial<Parameters<typeof spawnPredecessor>[0]> = {}) {
  const daemon = await spawnPredecessor({ family: 'sync', port: nextPort(), root, ...options })
  return { ...daemon, isAlive: watch(daemon.pid) }
}

/** What became of each port, in the order of the ports. */
function resultsOf(report: CleanUpReport): unknown {
  return Object.fromEntries(
    report.entries.map(({ candidate, result }) => [candidate.observation.port, result]),
  )
}

/** One of every kind that matters here: to be cleaned, to be asked about, in use, another program's. */
async function startFour() {
  const root = makeHome()
  const safe = await start(root)
  const old = await start(root, { marker: false })
  const singleton = await start(root, { record: true })
  const stranger = await spawnHostile('http', nextPort())
  const alive = [safe, old, singleton].map(({ isAlive }) => isAlive)
  return { root, safe, old, areAlive: () => [...alive, watch(stranger.pid)].map((isAlive) => isAlive()) }
}

describe('cleanUp', () => {
  it('ends only processes of which the user was told, also where another one became stale meanwhile', async () => {
    const root = makeHome()
    const [told, later] = [await start(root), await start(root)]
    const seen = await scan(family, root, real)
    const { proof } = candidateAt(seen, told.port)
    if (proof === null) throw new Error('it is not proven')
    const keys = new Set([processKey(proof.pid, proof.startTime)])
    for (const intent of ['reset', 'reset_force'] as const) {
      const report = await clean(root, { seen, intent, told: intent === 'reset' ? new Set() : keys })
      const ended = intent === 'reset' ? {} : { [told.port]: SWEPT }
      expect(resultsOf(report)).toEqual({ [told.port]: SKIPPED, [later.port]: SKIPPED, ...ended })
    }
    expect([told.isAlive(), later.isAlive()]).toEqual([false, true])
  })

  it.for([
    ['startup_clean', SKIPPED, true],
    ['reset', SKIPPED, true],
    ['reset_force', SWEPT, false],
  ] as const)('with the intent %s', async ([intent, toOld, isOldAlive]) => {
    const { root, safe, old, areAlive } = await startFour()
    const progress: string[] = []
    const onProgress = (done: number, total: number): number => progress.push(`${done}/${total}`)
    const report = await clean(root, { intent, onProgress })
    expect(resultsOf(report)).toEqual({ [safe.port]: SWEPT, [old.port]: toOld })
    expect(areAlive()).toEqual([false, isOldAlive, true, true])
    expect(report.seen.candidates).toHaveLength(4)
    expect(report.after.candidates).toHaveLength(isOldAlive ? 3 : 2)
    expect(progress).toEqual(isOldAlive ? ['0/1', '1/1'] : ['0/2', '1/2', '2/2'])
  })

  it('in a dry run reports what it would do, and touches nothing', async () => {
    const { root, safe, old, areAlive } = await startFour()
    const before = treeOf(root)
    const report = await clean(root, { intent: 'reset_force', dryRun: true })
    const would = { outcome: 'would_sweep' }
    expect(resultsOf(report)).toEqual({ [safe.port]: would, [old.port]: would })
    expect(areAlive()).toEqual([true, true, true, true])
    expect(treeOf(root)).toEqual(before)
  })

  it('writes nothing where nothing is to be done', async () => {
    const root = makeHome()
    const old = await start(root, { marker: false })
    const before = treeOf(root)
    expect(resultsOf(await clean(root, {}))).toEqual({ [old.port]: SKIPPED })
    expect(treeOf(root)).toEqual(before)
  })

  it('writes nothing but its lock where something is', async () => {
    const root = makeHome()
    // A home in which nothing is and was before the start may be one that is not mounted: there, nothing is to be done.
    writeFileSync(join(root, 'config.toml'), '')
    await start(root, { owner: false })
    await clean(root, {})
    expect(treeOf(root).map((line) => line.split(' ')[0])).toEqual([
      'config.toml',
      'daemons',
      'daemons/sync',
      'daemons/sync/.gitignore',
      'daemons/sync/lifecycle.lock',
    ])
  })

  it('on one port leaves the others out', async () => {
    const root = makeHome()
    const [one, other] = [await start(root), await start(root)]
    expect(resultsOf(await clean(root, { port: one.port }))).toEqual({ [one.port]: SWEPT })
    expect([one.isAlive(), other.isAlive()]).toEqual([false, true])
  })

  it('acts on what it sees under the lock, not on what was seen before', async () => {
    const root = makeHome()
    const [one, other] = [await start(root), await start(root)]
    const seen = await scan(family, root, real)
    writeSyncRecord(root, { port: one.port, token: one.token, pid: one.pid })
    expect(resultsOf(await clean(root, { seen }))).toEqual({ [other.port]: SWEPT })
    expect([one.isAlive(), other.isAlive()]).toEqual([true, false])
  })

  it('reports what could not be done as failed', async () => {
    const root = makeHome()
    const leaky = await start(root, { keepChild: true })
    const failed = { outcome: 'failed', reason: 'port_still_listening', path: 'terminate' }
    const report = await clean(root, { stepMs: SCANT_MS })
    expect(resultsOf(report)).toEqual({ [leaky.port]: failed })
    expect(candidateAt(report.after, leaky.port).observation.pid).not.toBe(leaky.pid)
  })

  it('looks at each port of a process that it ended', async () => {
    const root = makeHome()
    const silentPort = nextPort()
    // A child has inherited the first socket only.
    const leaky = await start(root, { keepChild: true, silentPort })
    const failed = { outcome: 'failed', reason: 'port_still_listening', path: 'terminate' }
    const report = await clean(root, { stepMs: SCANT_MS })
    expect(resultsOf(report)).toEqual({ [leaky.port]: failed, [silentPort]: SWEPT })
    expect(report.after.candidates.map(({ observation }) => observation.port)).toEqual([leaky.port])
  })
})

describe('cleanUp of what the second scan does not show any more', () => {
  async function startChanged() {
    const root = makeHome()
    const [ended, hidden, other] = [
      await start(root),
      await start(root, { behaviour: 'close-then-hang' }),
      await start(root),
    ]
    const seen = await scan(family, root, real)
    ended.child.kill('SIGKILL')
    await ended.exited
    hidden.child.kill('SIGTERM')
    await eventually(() => expect(listenersOn(hidden.port, hidden.port + 1)).toEqual([]))
    return { root, ended, hidden, other, seen }
  }

  it('has one result for each of them, and signals none', async () => {
    const { root, ended, hidden, other, seen } = await startChanged()
    const report = await clean(root, { seen })
    expect(resultsOf(report)).toEqual({
      [ended.port]: { outcome: 'swept', path: 'already_gone' },
      [hidden.port]: {
        outcome: 'failed',
        reason: expect.stringMatching(
          new RegExp(`^unknown: it closed its port and still runs; .* \`kill -9 ${hidden.pid}\` ends it$`),
        ),
      },
      [other.port]: SWEPT,
    })
    expect(report.entries).toHaveLength(3)
    expect([hidden.isAlive(), other.isAlive()]).toEqual([true, false])
  })

  it('ends the others also if one of them cannot be looked at', async () => {
    const { root, hidden, other, seen } = await startChanged()
    const inspect: typeof real.inspect = (pids, deadline) =>
      pids.includes(hidden.pid) ? Promise.reject(new Error('no answer')) : real.inspect(pids, deadline)
    const report = await clean(root, { seen, platform: { ...real, inspect } })
    expect(resultsOf(report)).toMatchObject({
      [hidden.port]: { outcome: 'failed', reason: 'unknown: no answer' },
      [other.port]: SWEPT,
    })
  })

  it('has a result for one that left the port to which it is limited', async () => {
    const root = makeHome()
    const daemon = await start(root)
    const seen = await scan(family, root, real)
    const { port } = daemon
    const listeners: typeof real.listeners = async (...asked) =>
      (await real.listeners(...asked)).map((one) => (one.port === port ? { ...one, port: port + 1 } : one))
    const platform = { ...real, listeners }
    const report = await clean(root, { intent: 'reset_force', seen, port, platform })
    expect(resultsOf(report)).toEqual({
      [port]: { outcome: 'failed', reason: expect.stringContaining('still runs') },
    })
    expect(daemon.isAlive()).toBe(true)
  })

  it('takes no other listener on its port for it, if the process of that is not known', async () => {
    const { root, hidden, other, seen } = await startChanged()
    const stranger = { address: '127.0.0.1', port: hidden.port, socket: 'another', user: null, pid: null }
    const listeners: typeof real.listeners = async (...asked) => [
      ...(await real.listeners(...asked)),
      stranger,
    ]
    const report = await clean(root, { seen, port: hidden.port, platform: { ...real, listeners } })
    expect(report.entries.map(({ result }) => result)).toContainEqual({
      outcome: 'failed',
      reason: expect.stringContaining('it closed its port and still runs'),
    })
    expect([hidden.isAlive(), other.isAlive()]).toEqual([true, true])
  })
})

describe('cleanUp of what a person confirmed', () => {
  it('covers exactly that process', async () => {
    const root = makeHome()
    const [one, other] = [await start(root, { marker: false }), await start(root, { marker: false })]
    const startTime =
      candidateAt(await scan(family, root, real), one.port).observation.process?.startTime ?? ''
    const report = await clean(root, { confirmed: new Set([processKey(one.pid, startTime)]) })
    expect(resultsOf(report)).toEqual({ [one.port]: SWEPT, [other.port]: SKIPPED })
    expect([one.isAlive(), other.isAlive()]).toEqual([false, true])
  })

  it('does not cover a later process with its pid', async () => {
    const root = makeHome()
    const old = await start(root, { marker: false })
    const report = await clean(root, { confirmed: new Set([processKey(old.pid, 'another start time')]) })
    expect(resultsOf(report)).toEqual({ [old.port]: SKIPPED })
    expect(old.isAlive()).toBe(true)
  })
})

describe('cleanUp with force', () => {
  it('does not end what no scan could prove', async () => {
    const root = makeHome()
    const daemon = await start(root)
    const report = await clean(root, { intent: 'reset_force', platform: blind(real) })
    expect(resultsOf(report)).toEqual({
      [daemon.port]: { outcome: 'failed', reason: 'identity_unproven' },
    })
    expect(report.entries[0]?.candidate.verdict.reason).toBe('missing_pid')
    expect(daemon.isAlive()).toBe(true)
  })

  it('retires six stopped daemons side by side', async () => {
    const root = makeHome()
    const six = await Promise.all([1, 2, 3, 4, 5, 6].map(() => start(root)))
    await Promise.all(six.map(hold))
    const seen = await scan(family, root, real)
    const { platform, asked } = noting(real)
    const started = performance.now()
    const report = await clean(root, { intent: 'reset_force', platform, seen, stepMs: SCANT_MS })
    figure(`six stopped daemons, scans included: ${Math.round(performance.now() - started)} ms`)
    expect(report.entries.map(({ result }) => result)).toEqual(six.map(() => KILLED))
    expect(six.map(({ isAlive }) => isAlive())).toEqual(six.map(() => false))
    // The scan under the lock asks about all of them first; what comes after is the work of ending them.
    const ending = asked.slice(asked.indexOf(process.ppid))
    const lastBegin = Math.max(...six.map(({ pid }) => ending.indexOf(pid)))
    const firstEnd = Math.min(...six.map(({ pid }) => ending.lastIndexOf(pid)))
    expect(lastBegin).toBeLessThan(firstEnd)
  })
})

it('a process that listens on two ports is ended as a whole, so both rows say so', async () => {
  const root = makeHome()
  const silentPort = nextPort()
  const old = await start(root, { silentPort })
  const both = (result: object) => ({ [old.port]: result, [silentPort]: result })
  expect(resultsOf(await clean(root, { dryRun: true }))).toEqual(both({ outcome: 'would_sweep' }))
  expect(old.isAlive()).toBe(true)
  expect(resultsOf(await clean(root, {}))).toEqual(both(SWEPT))
  expect(old.isAlive()).toBe(false)
})
