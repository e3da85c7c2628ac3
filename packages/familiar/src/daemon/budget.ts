/**
 * Returns a function that asks for leave to do something: `burst` times at once, and then once every `everyMs`. It returns 0
 * where that may be done now, which counts, else how many milliseconds to wait.
 */
export function budget(burst: number, everyMs: number): () => number {
  let fullAt = Number.NEGATIVE_INFINITY
  return () => {
    const now = performance.now()
    const waitMs = fullAt - now - (burst - 1) * everyMs
    if (waitMs > 0) return waitMs
    fullAt = Math.max(fullAt, now) + everyMs
    return 0
  }
}
