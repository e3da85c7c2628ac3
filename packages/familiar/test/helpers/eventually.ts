import { setTimeout as sleep } from 'node:timers/promises'
import { vi } from 'vitest'

/** Far more than anything here takes: the machine may be busy. */
const PATIENCE_MS = 60_000

/** Many checks look through all processes, which takes about a millisecond. */
const INTERVAL_MS = 25

/** Asks again and again until the check does not throw, and returns what it returns; throws what it threw last. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: INTERVAL_MS })
}

/** How long a number must stay the same. */
const SETTLED_MS = 250

/** Waits until a number stays the same, or is more than the most, and returns it. */
export async function settled(read: () => number, most = Number.POSITIVE_INFINITY): Promise<number> {
  for (let before = Number.NaN; ; await sleep(SETTLED_MS)) {
    const now = read()
    if (now === before || now > most) return now
    before = now
  }
}
