import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { ENDING_MS, terminate } from '../../src/act/terminate-process.js'
import { FamiliarError } from '../../src/errors.js'
import { makeProof, type ProvenProcess } from '../../src/identity/proof.js'
import type { Platform, ProcessView } from '../../src/observe/platform/platform.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { testFamily } from '../helpers/family.js'
import { figure } from '../helpers/figures.js'
import { leaveNothing } from '../helpers/leaks.js'
import { useLifecycleLock } from '../helpers/lifecycle-lock.js'
import { hasPendingSignal, listenersOn, watch } from '../helpers/machine.js'
import { changing, noting } from '../helpers/platforms.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { hold, startProven, isGone } from '../helpers/proven.js'

const ports = portsOf('act/stop')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const real = await selectPlatform()

/** Long enough for a process to end on a busy machine; for a killed one to be gone there; and a wait for those that never will. */
const AMPLE_MS = 60_000
const KILL_MS = 3_000
const STEP_MS = 600

leaveNothing(ports)

const heldLock = useLifecycleLock()

/** On Linux, of a process whose first thread has ended, nothing else can be read while others are ending. */
function asOfThreadsAlone(view: ProcessView): ProcessView {
  return { ...view, startTime: null, command: null, executable: null, namespaces: null }
}

function terminateIt(
  target: ProvenProcess,
  platform: Platform = real,
  stepMs = STEP_MS,
  endingMs = ENDING_MS,
) {
  return terminate(heldLock(), platform, family, target, { stepMs, endingMs })
}

describe('terminate', () => {
  it.for([
    ['a daemon that obeys', undefined, 'terminate'],
    ['a daemon that ignores SIGTERM', 'ignore-term', 'kill'],
    ['a daemon that closes its port and hangs', 'close-then-hang', 'kill'],
    ['a daemon that answers nothing', 'deaf', 'terminate'],
  ] as const)('%s', async ([, behaviour, path]) => {
    const port = nextPort()
    const { target, isAlive } = await startProven(family, port, real, { behaviour })
    const stepMs = path === 'terminate' ? AMPLE_MS : KILL_MS
    expect(await terminateIt(target, real, stepMs)).toEqual({ outcome: 'swept', path })
    expect(isGone(port, isAlive)).toBe(true)
  })

  it('a stopped daemon, which is gone only when it is gone, not when it is silent', async () => {
    const port = nextPort()
    const { daemon, target, isAlive } = await startProven(family, port, real)
    await hold(daemon)
    expect(await terminateIt(target, real, KILL_MS)).toEqual({ outcome: 'swept', path: 'kill' })
    expect(isGone(port, isAlive)).toBe(true)
    expect(await daemon.exited).toEqual({ code: null, signal: 'SIGKILL' })
  })

  it.for([undefined, 'ignore-term'] as const)(
    'does not call swept what leaves its port to a child: %s',
    async (behaviour) => {
      const port = nextPort()
      const { target, isAlive } = await startProven(family, port, real, { keepChild: true, behaviour })
      expect(await terminateIt(target)).toMatchObject({ outcome: 'failed', reason: 'port_still_listening' })
      expect([isAlive(), listenersOn(port, port + 1).length]).toEqual([false, 1])
    },
  )

  it('a daemon that has already ended', async () => {
    const { daemon, target } = await startProven(family, nextPort(), real)
    await daemon.stop()
    expect(await terminateIt(target)).toEqual({ outcome: 'swept', path: 'already_gone' })
  })

  it.for([
    ['that is gone in time', true, { outcome: 'swept', path: 'already_gone' }],
    ['that stays after all', false, { outcome: 'failed', reason: 'identity_unproven' }],
  ] as const)('a daemon that seems to be ending, %s: it is waited for', async ([, ends, result]) => {
    const { daemon, platform, target, isAlive } = await startProven(family, nextPort(), (pid) =>
      changing(real, pid, asOfThreadsAlone),
    )
    await hold(daemon)
    const retiring = terminateIt(target, platform, ends ? AMPLE_MS : STEP_MS, STEP_MS)
    await sleep(STEP_MS / 3)
    expect([isAlive(), hasPendingSignal(daemon.pid)]).toEqual([true, false])
    if (ends) await daemon.stop()
    expect(await retiring).toEqual(result)
    expect([isAlive(), hasPendingSignal(daemon.pid)]).toEqual([!ends, false])
  })

  it('a daemon of which only threads are left after SIGTERM: it is waited for', async () => {
    let isLater = false
    const { daemon, platform, target, isAlive } = await startProven(
      family,
      nextPort(),
      (pid) => changing(real, pid, (view) => (isLater ? asOfThreadsAlone(view) : view)),
      { behaviour: 'ignore-term' },
    )
    const ending = terminateIt(target, platform, STEP_MS, AMPLE_MS)
    await sleep(STEP_MS / 2)
    isLater = true
    // Longer than the step of SIGTERM, so that the process is looked at for SIGKILL.
    await sleep(2 * STEP_MS)
    expect(isAlive()).toBe(true)
    await daemon.stop()
    expect(await ending).toEqual({ outcome: 'swept', path: 'terminate' })
  })

  it('leaves alone what took the port of one that has ended', async () => {
    const port = nextPort()
    const { daemon, root, target } = await startProven(family, port, real)
    await daemon.stop()
    const successor = await spawnPredecessor({ family: 'sync', port, root })
    const isAlive = watch(successor.pid)
    await hold(successor)
    expect(await terminateIt(target)).toEqual({ outcome: 'swept', path: 'already_gone' })
    expect([isAlive(), hasPendingSignal(successor.pid)]).toEqual([true, false])
  })
})

describe('a lack of our own says nothing about the process: E_RESOURCES', () => {
  const told = () => new FamiliarError('E_RESOURCES', 'this process has too few resources: EMFILE')
  const raw = () => Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })

  it.for([
    ['reported by the platform, at the proof', told, 1],
    ['as the system says it, at the proof', raw, 1],
    ['reported by the platform, in the wait for the end', told, 3],
    ['as the system says it, in the wait for the end', raw, 3],
  ] as const)('%s', async ([, lack, from]) => {
    const { daemon, target, isAlive } = await startProven(family, nextPort(), real, {
      behaviour: 'ignore-term',
    })
    let asked = 0
    const inspect: Platform['inspect'] = async (pids, deadline) => {
      if (pids.includes(daemon.pid) && ++asked >= from) throw lack()
      return real.inspect(pids, deadline)
    }
    await hold(daemon)
    await expect(terminateIt(target, { ...real, inspect })).rejects.toMatchObject({ code: 'E_RESOURCES' })
    expect([isAlive(), hasPendingSignal(daemon.pid)]).toEqual([true, from > 1])
  })

  it('when the listeners are asked for', async () => {
    const { target, isAlive } = await startProven(family, nextPort(), real)
    const listeners: Platform['listeners'] = async () => {
      throw raw()
    }
    await expect(terminateIt(target, { ...real, listeners })).rejects.toMatchObject({ code: 'E_RESOURCES' })
    expect(isAlive()).toBe(false)
  })
})

describe('terminate goes no further', () => {
  it('when the process is another one at the first signal', async () => {
    const { daemon, platform, target, isAlive } = await startProven(family, nextPort(), (pid) =>
      changing(real, pid, (view) => ({ ...view, startTime: 'another' })),
    )
    await hold(daemon)
    expect(await terminateIt(target, platform)).toEqual({ outcome: 'failed', reason: 'identity_changed' })
    expect([isAlive(), hasPendingSignal(daemon.pid)]).toEqual([true, false])
  })

  it('when the process is another one at the second signal', async () => {
    let isLater = false
    const { platform, target, isAlive } = await startProven(
      family,
      nextPort(),
      (pid) => changing(real, pid, (view) => (isLater ? { ...view, executable: '/usr/bin/innocent' } : view)),
      { behaviour: 'ignore-term' },
    )
    setTimeout(() => (isLater = true), STEP_MS / 2)
    expect(await terminateIt(target, platform)).toEqual({ outcome: 'failed', reason: 'identity_changed' })
    expect(isAlive()).toBe(true)
  })

  it('with anything that no scan has made', async () => {
    const { daemon, target, isAlive } = await startProven(family, nextPort(), real)
    await hold(daemon)
    for (const forged of [{ ...target }, makeProof({ ...target, family: 'dashboard' })]) {
      const result = await terminateIt(forged)
      expect(result).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/^unknown: /) })
    }
    expect([isAlive(), hasPendingSignal(daemon.pid)]).toEqual([true, false])
  })

  it.for([
    ['was released', () => heldLock().release()],
    ['has lost its file', () => rmSync(heldLock().path)],
  ] as const)('with a lock that %s', async ([, lose]) => {
    const { daemon, target, isAlive } = await startProven(family, nextPort(), real)
    await hold(daemon)
    lose()
    await expect(terminateIt(target)).rejects.toMatchObject({ code: 'E_LOCK_BUSY' })
    expect([isAlive(), hasPendingSignal(daemon.pid)]).toEqual([true, false])
  })
})

it('retires six stopped daemons side by side', async () => {
  const six = await Promise.all([1, 2, 3, 4, 5, 6].map(() => startProven(family, nextPort(), real)))
  await Promise.all(six.map(({ daemon }) => hold(daemon)))
  const { platform, asked } = noting(real)
  const started = performance.now()
  const results = await Promise.all(six.map(({ target }) => terminateIt(target, platform, KILL_MS)))
  figure(`six stopped daemons: ${Math.round(performance.now() - started)} ms, a step is ${KILL_MS} ms`)
  expect(results).toEqual(six.map(() => ({ outcome: 'swept', path: 'kill' })))
  const pids = six.map(({ daemon }) => daemon.pid)
  const lastBegin = Math.max(...pids.map((pid) => asked.indexOf(pid)))
  const firstEnd = Math.min(...pids.map((pid) => asked.lastIndexOf(pid)))
  expect(lastBegin).toBeLessThan(firstEnd)
  expect(six.map(({ isAlive }) => isAlive())).toEqual(six.map(() => false))
})
