import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { acquireLock } from '../../dist/act/acquire-lock.js'
import type { Timing } from '../../src/protocol/daemon-timing.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import {
  afterFirstCleanUp,
  leaveNoDaemons,
  logged,
  logOf,
  QUICK,
  recordPath,
  startDaemonIn,
  UNHURRIED,
  type Daemon,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { newRoot } from '../helpers/homes.js'
import { childrenOf, watch } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { startTimeOf } from '../helpers/processes.js'

const all = portsOf('life/siblings')
/** The daemons listen in the lower half, their siblings in the upper one. */
const nextPort = portsIn({ from: all.from + 25, to: all.to })

leaveNoDaemons(all)

/** Starts a daemon of this root that no record names, and that no command needs. */
async function startSibling(root: string) {
  const port = nextPort()
  return { port, isAlive: watch((await spawnPredecessor({ family: 'sync', port, root })).pid) }
}

function startCleaned(root: string, timing: Timing): Promise<Daemon> {
  return afterFirstCleanUp({ root, port: nextPort() }, () => startDaemonIn(root, all, { timing }))
}

function isGone(sibling: { readonly isAlive: () => boolean }): Promise<void> {
  return eventually(() => expect(sibling.isAlive()).toBe(false))
}

/** Several ticks: a daemon that is still there after them stays. */
const SEVERAL_TICKS_MS = 6 * QUICK.tickMs

describe('a daemon retires its stale siblings', () => {
  it('after it was adopted, and says so', async () => {
    const root = newRoot()
    const siblings = [await startSibling(root), await startSibling(root)]
    const others = [
      await startSibling(newRoot()),
      { isAlive: watch((await spawnHostile('http', nextPort())).pid) },
    ]
    const daemon = await startDaemonIn(root, all)
    await Promise.all(siblings.map(isGone))
    await eventually(() =>
      expect(logged(logOf(root), 'siblings_retired')).toMatchObject([
        { ports: siblings.map(({ port }) => port) },
      ]),
    )
    expect([daemon.isAlive(), ...others.map(({ isAlive }) => isAlive())]).toEqual([true, true, true])
  })

  it('when a client has connected, without a tick', async () => {
    const root = newRoot()
    const daemon = await startCleaned(root, { ...UNHURRIED, cleanEveryMs: 50 })
    await sleep(200)
    const sibling = await startSibling(root)
    await sleep(200)
    expect(sibling.isAlive()).toBe(true)
    const again = await startDaemonIn(root, all)
    expect([again.pid, again.started]).toEqual([daemon.pid, null])
    await isGone(sibling)
  })

  it('not more often than it may', async () => {
    const root = newRoot()
    await startCleaned(root, { ...QUICK, cleanEveryMs: 60_000 })
    await sleep(SEVERAL_TICKS_MS)
    const sibling = await startSibling(root)
    await startDaemonIn(root, all)
    await sleep(SEVERAL_TICKS_MS)
    expect(sibling.isAlive()).toBe(true)
  })

  it('on the tick after the life-cycle lock is free again', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, all, { timing: { ...QUICK, cleanEveryMs: 0 } })
    const path = daemonFamily(all).files(root).lifecycleLock
    const lock = await acquireLock(path, { holder: { pid: process.pid, startTime: null } })
    const sibling = await startSibling(root)
    await startDaemonIn(root, all)
    await sleep(SEVERAL_TICKS_MS)
    expect([sibling.isAlive(), daemon.isAlive()]).toEqual([true, true])
    lock.release()
    await isGone(sibling)
  })

  it('not while the record names another live daemon', async () => {
    const root = newRoot()
    const daemon = await startCleaned(root, { ...UNHURRIED, cleanEveryMs: 50 })
    await sleep(200)
    const rival = await spawnPredecessor({ family: 'sync', port: daemon.port + 20, root })
    const named = { ...daemon.record, pid: rival.pid, birth: startTimeOf(rival.pid) }
    writeFileSync(recordPath(root), JSON.stringify(named))
    await sleep(500)
    const sibling = await startSibling(root)
    await fetch(`http://127.0.0.1:${daemon.port}/api/health`, {
      headers: { 'x-familiar-nonce': '0'.repeat(32) },
    })
    await sleep(500)
    expect([sibling.isAlive(), daemon.isAlive()]).toEqual([true, true])
  })
})

/** What any local user may send without a token, as often as they like. */
async function askForProof({ port }: Daemon): Promise<void> {
  const asked = await fetch(`http://127.0.0.1:${port}/api/health`, {
    headers: { 'x-familiar-nonce': '0'.repeat(32) },
  })
  expect(await asked.json()).toMatchObject({ proof: expect.any(String) })
}

/** How many scans the daemon has begun since it found its port. */
async function looksOf({ port }: Daemon): Promise<number> {
  const { looks } = (await (await fetch(`http://127.0.0.1:${port}/api/health`)).json()) as { looks: number }
  return looks - 1
}

/** On a busy machine the child of the first scan may have ended before the test searches for it. */
const CHILD_MS = 5_000

/** The most children that the daemon has at once, from now until it has had some (or does not get any) and has none. */
async function mostChildren({ pid }: Daemon): Promise<number> {
  const end = performance.now() + CHILD_MS
  let most = 0
  for (let now = 0; now > 0 || (most === 0 && performance.now() < end); await sleep(2)) {
    now = childrenOf(pid).length
    most = Math.max(most, now)
  }
  return most
}

describe('120 requests for a proof at once', () => {
  // A scan of the daemon of another root needs a child process.
  const FOREIGN = 4

  async function startBesideForeign(cleanEveryMs: number): Promise<Daemon> {
    for (let count = 0; count < FOREIGN; count++) await startSibling(newRoot())
    const timing = { ...UNHURRIED, cleanEveryMs }
    return startDaemonIn(newRoot(), all, { timing, args: ['--machine-ms=300'] })
  }

  it('start nothing beside the clean-up that runs', async () => {
    const daemon = await startBesideForeign(60_000)
    const asked = Promise.all(Array.from({ length: 120 }, () => askForProof(daemon)))
    expect(await mostChildren(daemon)).toBeLessThanOrEqual(1)
    await asked
    expect(await looksOf(daemon)).toBe(1)
  })

  it('start one clean-up at a time, where it may begin again at once', async () => {
    const daemon = await startBesideForeign(0)
    for (let round = 0; round < 3; round++) {
      const asked = Promise.all(Array.from({ length: 120 }, () => askForProof(daemon)))
      expect(await mostChildren(daemon)).toBeLessThanOrEqual(1)
      await asked
    }
    expect(await looksOf(daemon)).toBeGreaterThan(1)
  })

  it('start nothing either after a clean-up that could not be done', async () => {
    const root = newRoot()
    const sibling = await startSibling(root)
    await startSibling(newRoot())
    const daemon = await startDaemonIn(root, all, { timing: UNHURRIED, args: ['--machine-ms=300'] })
    const path = daemonFamily(all).files(root).lifecycleLock
    const lock = await acquireLock(path, { holder: { pid: process.pid, startTime: null } })
    // Its first scan has ended then, and it finds the lock held.
    expect(await mostChildren(daemon)).toBeLessThanOrEqual(1)
    for (let time = 0; time < 120; time++) await askForProof(daemon)
    expect([await looksOf(daemon), sibling.isAlive()]).toEqual([1, true])
    lock.release()
  })
})
