import { monotonicMs } from '../clock.js'
/**
 * Returns a rate limiter that allows `burst` uses at once, and then one every `everyMs`. A call returns 0 if the caller
 * may proceed, and counts that as a use; otherwise it returns the number of milliseconds to wait.
 */
export function rateLimit(burst: number, everyMs: number): () => number {
  let fullAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = monotonicMs()
    const waitMs = fullAt - now - (burst - 1) * everyMs
    if (waitMs > 0) return waitMs
    fullAt = Math.max(fullAt, now) + everyMs
    return 0
  }
}
