import { describe, expect, it } from 'vitest'
import { terminate, type TerminateOptions } from '../../src/act/terminate-process.js'
import type { ProvenProcess } from '../../src/identity/proof.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { testFamily } from '../helpers/family.js'
import { leaveNothing } from '../helpers/leaks.js'
import { useLifecycleLock } from '../helpers/lifecycle-lock.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { startProven, isGone } from '../helpers/proven.js'

const ports = portsOf('act/stop-ending')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const real = await selectPlatform()

const STEP_MS = 600

leaveNothing(ports)

const heldLock = useLifecycleLock()

function terminateIt(target: ProvenProcess, times: TerminateOptions) {
  return terminate(heldLock(), real, family, target, times)
}

/** What a process does on SIGTERM, and what becomes of it: in so many steps as it may take then. */
describe('terminate gives SIGTERM its time while the process visibly ends', () => {
  /** A step in which any process gets its turn, and more time than any needs; and little of both for what never ends. */
  const AMPLE = { stepMs: 2_000, endingMs: 60_000 }
  const SCANT = { stepMs: STEP_MS, endingMs: 5 * STEP_MS }

  it.for([
    ['needs CPU for longer than a step', { endCpuMs: 2 * AMPLE.stepMs }, AMPLE, 'terminate'],
    [
      'closes its port and sleeps for longer than a step',
      { endSleepMs: 2 * AMPLE.stepMs },
      AMPLE,
      'terminate',
    ],
    ['works on for ever', { endCpuMs: 60_000 }, SCANT, 'kill'],
    ['sleeps for ever, its port closed', { endSleepMs: 60_000 }, SCANT, 'kill'],
  ] as const)('one that %s', async ([, ending, times, path]) => {
    const port = nextPort()
    const { target, isAlive } = await startProven(family, port, real, ending)
    expect(await terminateIt(target, times)).toEqual({ outcome: 'swept', path })
    expect(isGone(port, isAlive)).toBe(true)
  })

  it('which one that ignores it and sleeps does not: it is killed after the step', async () => {
    const { daemon, target } = await startProven(family, nextPort(), real, { behaviour: 'ignore-term' })
    // Were it given the whole time for a visible end, this test would run out of its own.
    const result = await terminateIt(target, { stepMs: STEP_MS, endingMs: 120_000 })
    expect(result).toEqual({ outcome: 'swept', path: 'kill' })
    expect(await daemon.exited).toEqual({ code: null, signal: 'SIGKILL' })
  })

  it('eighteen at once that share the time of two cores', { timeout: 240_000 }, async () => {
    // All together they need more than one step of two cores.
    const each = { endCpuMs: 300 }
    const all = await Promise.all(
      Array.from({ length: 18 }, () => startProven(family, nextPort(), real, each)),
    )
    const results = await Promise.all(all.map(({ target }) => terminateIt(target, AMPLE)))
    expect(results).toEqual(all.map(() => ({ outcome: 'swept', path: 'terminate' })))
    expect(all.filter(({ isAlive }) => isAlive())).toEqual([])
  })
})
