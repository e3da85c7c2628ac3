import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { watchEndings, type EndingsWatch } from '../../src/act/endings.js'
import { terminate, type TerminateOptions } from '../../src/act/terminate-process.js'
import type { Platform } from '../../src/observe/platform/platform.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { testFamily } from '../helpers/family.js'
import { leaveNothing } from '../helpers/leaks.js'
import { useLifecycleLock } from '../helpers/lifecycle-lock.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { startProven } from '../helpers/proven.js'

const ports = portsOf('act/stop-interrupted')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const real = await selectPlatform()

leaveNothing(ports)

const heldLock = useLifecycleLock()

let endings: EndingsWatch
beforeEach(() => {
  endings = watchEndings()
})
afterEach(() => endings.stop())

/** Returns the backend that calls `act` after each answer about the process. */
function afterEachLook(pid: number, act: () => void): Platform {
  return {
    ...real,
    inspect: async (pids, deadline) => {
      const views = await real.inspect(pids, deadline)
      if (pids.includes(pid)) act()
      return views
    },
  }
}

const LEFT = { outcome: 'failed', reason: 'unknown: interrupted' }

/** Ctrl+C can come at any time up to the signal itself, so nothing may be awaited between the last check and the signal. */
describe('terminate after Ctrl+C', () => {
  it.for(['finish', 'leave'] as const)(
    'sends no first signal, also if it came in the last look: %s',
    async (how) => {
      const { target, isAlive } = await startProven(family, nextPort(), real)
      const platform = afterEachLook(target.pid, () => endings[how]())
      expect(await terminate(heldLock(), platform, family, target)).toEqual(LEFT)
      expect([isAlive(), endings.all()]).toEqual([true, []])
    },
  )

  it('asks nothing', async () => {
    const { target, isAlive } = await startProven(family, nextPort(), real)
    endings.finish()
    const ask = () => Promise.reject(new Error('it was asked'))
    expect(await terminate(heldLock(), real, family, target, { ask })).toEqual(LEFT)
    expect([isAlive(), endings.all()]).toEqual([true, []])
  })

  it('ends what was told, also by SIGKILL', async () => {
    const { target, isAlive } = await startProven(family, nextPort(), real, { behaviour: 'ignore-term' })
    const platform = afterEachLook(target.pid, () => {
      if (endings.all().length > 0) endings.finish()
    })
    expect(await terminate(heldLock(), platform, family, target)).toEqual({ outcome: 'swept', path: 'kill' })
    expect([isAlive(), endings.all().map(({ state }) => state)]).toEqual([false, ['gone']])
  })

  it('sends no SIGKILL any more the second time', async () => {
    const { target, isAlive } = await startProven(family, nextPort(), real, { behaviour: 'ignore-term' })
    const platform = afterEachLook(target.pid, () => {
      if (endings.all().length > 0) void endings.leave()
    })
    expect(await terminate(heldLock(), platform, family, target)).toEqual(LEFT)
    expect([isAlive(), endings.all().map(({ state }) => state)]).toEqual([true, ['given up']])
  })
})

describe('a process that is asked to shut down', () => {
  async function asked(act: () => void, options: TerminateOptions = {}) {
    const { target, isAlive } = await startProven(family, nextPort(), real)
    const during: unknown[] = []
    const ask = async () => {
      during.push(...endings.all().map(({ pid, state }) => [pid, state]))
      act()
      return null
    }
    const result = await terminate(heldLock(), real, family, target, { ask, ...options })
    expect(during).toEqual([[target.pid, 'under way']])
    return { result, isAlive: isAlive() }
  }

  it('counts as told from before the request, so the first Ctrl+C during it lets it be ended', async () => {
    const result = { outcome: 'swept', path: 'terminate' }
    expect(await asked(() => endings.finish())).toEqual({ result, isAlive: false })
  })

  it('gets no signal after the second', async () => {
    expect(await asked(() => endings.leave())).toEqual({ result: LEFT, isAlive: true })
  })
})
