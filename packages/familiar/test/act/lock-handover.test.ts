import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { figure } from '../helpers/figures.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { startLockProcess } from '../helpers/lock-process.js'
import { seeded } from '../helpers/random.js'

leaveNothing()

/** A waiter asks every 50 ms at the latest, with jitter every 75 ms (docs/decisions/0002). */
const LONGEST_POLL_MS = 75
/** The machine may have much else to do. `bench/locks.mjs` measures. */
const GENEROUS = 40

const HAND_OVERS = 5
const WAITERS = 4

type LockProcess = ReturnType<typeof startLockProcess>

/** Waits until the process holds the lock, ignoring what it says about waiting before. */
async function holds(waiter: LockProcess): Promise<LockProcess> {
  for (;;) {
    const said = await waiter.next()
    if (said.held === true) return waiter
    expect(said).toHaveProperty('waiting')
  }
}

it(
  'is handed over when its holder is killed, to one waiter, within a poll',
  { timeout: 240_000 },
  async () => {
    const { random } = seeded('act/lock-handover')
    const path = join(makeHome(), 'lifecycle.lock')
    let holder = startLockProcess(path)
    expect(await holder.ask('acquire 0')).toEqual({ held: true })
    const waiting = new Map<LockProcess, Promise<LockProcess>>()
    const times: number[] = []
    for (let round = 0; round < HAND_OVERS; round++) {
      while (waiting.size < WAITERS) {
        const waiter = startLockProcess(path)
        expect(await waiter.ask('isHeld')).toEqual({ held: true })
        waiter.tell('acquire 60000')
        waiting.set(waiter, holds(waiter))
      }
      await sleep(random() * 2 * LONGEST_POLL_MS)
      const killedAt = performance.now()
      await holder.kill()
      holder = await Promise.race(waiting.values())
      times.push(Math.round(performance.now() - killedAt))
      waiting.delete(holder)
      expect(await holder.ask('assert')).toEqual({ held: true })
    }
    figure(`${HAND_OVERS} hand-overs, ${WAITERS} waiters: ${times.join(', ')} ms`)
    expect(Math.max(...times)).toBeLessThan(GENEROUS * LONGEST_POLL_MS)
    for (const [waiter, held] of waiting) {
      held.catch(() => null)
      await waiter.kill()
    }
  },
)
