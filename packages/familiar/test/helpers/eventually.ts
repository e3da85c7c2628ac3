import { vi } from 'vitest'

/** Far more than anything here takes: the machine may be busy. */
const PATIENCE_MS = 10_000

const INTERVAL_MS = 10

/** Asks again and again until the check does not throw, and returns what it returns; throws what it threw last. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: INTERVAL_MS })
}
