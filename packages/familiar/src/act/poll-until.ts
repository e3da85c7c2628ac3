import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicMs } from '../clock.js'

/** The pause between two polls for the end of a process: short at first, later 50 ms. */
const FIRST_POLL_MS = 1
const LAST_POLL_MS = 50

/** Polls until `isDone` returns true or the time is over. Polls at least once, and once more at the end. */
export async function pollUntil(isDone: () => Promise<boolean>, endAt: () => number): Promise<boolean> {
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LAST_POLL_MS)) {
    if (await isDone()) return true
    const left = endAt() - monotonicMs()
    if (left <= 0) return false
    await sleep(Math.min(pause, left))
  }
}
