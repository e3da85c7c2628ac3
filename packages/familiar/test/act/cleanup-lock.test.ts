import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { acquireLock, type HeldLock } from '../../src/act/acquire-lock.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { cleanUp } from '../helpers/built.js'
import { eventually } from '../helpers/eventually.js'
import { testFamily } from '../helpers/family.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { openLockFiles, watch } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'

const ports = portsOf('act/cleanup-lock')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const platform = await selectPlatform()
const holder = { pid: process.pid, startTime: null }
const forced = { family, platform, intent: 'reset_force', stepMs: 300 } as const

leaveNothing(ports)

async function start(root: string) {
  const daemon = await spawnPredecessor({ family: 'sync', port: nextPort(), root })
  return { ...daemon, isAlive: watch(daemon.pid) }
}

/** A signal ends these daemons within milliseconds. */
async function isUntouched({ isAlive }: { isAlive(): boolean }): Promise<boolean> {
  await sleep(100)
  return isAlive()
}

let held: HeldLock[] = []

afterEach(() => {
  for (const lock of held) lock.release()
  held = []
})

/** Takes the life-cycle lock of a root until the end of the test. */
async function lockRoot(root: string): Promise<HeldLock> {
  const lock = await acquireLock(lockOf(root), { holder })
  held.push(lock)
  return lock
}

const lockOf = (root: string): string => family.files(root).lifecycleLock

describe('cleanUp and the life-cycle lock', () => {
  it('signals no process while the lock of its root is held', async () => {
    const own = makeHome()
    const daemon = await start(own)
    const lock = await lockRoot(own)
    await expect(cleanUp({ ...forced, scope: own, lockWaitMs: 100 })).rejects.toMatchObject({
      code: 'E_LOCK_BUSY',
      retry: true,
      message: expect.stringContaining(`held by process ${process.pid}`),
    })
    expect(await isUntouched(daemon)).toBe(true)
    expect(openLockFiles()).toEqual([lock.path])
  })

  it('says what it waits for, and goes on when the lock is free', async () => {
    const own = makeHome()
    const daemon = await start(own)
    const lock = await lockRoot(own)
    const said: string[] = []
    const cleaning = cleanUp({ ...forced, scope: own, onWait: (message) => said.push(message) })
    await eventually(() => expect(said).toHaveLength(1))
    const waiting = `waiting for the lock ${lock.path}, held by process ${process.pid}, `
    expect(said.map((text) => text.replace(/\d+ s at most$/, ''))).toEqual([waiting])
    expect(await isUntouched(daemon)).toBe(true)
    lock.release()
    expect((await cleaning).entries.map(({ result }) => result.outcome)).toEqual(['swept'])
    expect(daemon.isAlive()).toBe(false)
  })

  it('makes no lock in the other root', async () => {
    const [own, other] = [makeHome(), makeHome()]
    mkdirSync(join(other, 'daemons', 'sync'), { recursive: true })
    const daemon = await start(other)
    await cleanUp({ ...forced, scope: own })
    expect(daemon.isAlive()).toBe(false)
    expect([existsSync(lockOf(own)), existsSync(lockOf(other))]).toEqual([true, false])
  })

  it('is not needed to see what would be done', async () => {
    const root = makeHome()
    const daemon = await start(root)
    const lock = await lockRoot(root)
    const report = await cleanUp({ ...forced, scope: root, dryRun: true })
    expect(report.entries.map(({ result }) => result.outcome)).toEqual(['would_sweep'])
    expect(await isUntouched(daemon)).toBe(true)
    expect(() => lock.assertHeld()).not.toThrow()
  })

  it('uses one that the caller holds, and leaves it to the caller', async () => {
    const root = makeHome()
    const daemon = await start(root)
    const lock = await lockRoot(root)
    const report = await cleanUp({ ...forced, scope: root, lock, lockWaitMs: 0 })
    expect(report.entries.map(({ result }) => result.outcome)).toEqual(['swept'])
    expect(daemon.isAlive()).toBe(false)
    expect(() => lock.assertHeld()).not.toThrow()
  })

  it('is free again afterwards', async () => {
    const root = makeHome()
    await start(root)
    await cleanUp({ ...forced, scope: root })
    expect(openLockFiles()).toEqual([])
    ;(await acquireLock(lockOf(root), { holder, waitMs: 0 })).release()
  })
})
