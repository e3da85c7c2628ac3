/**
 * A warm daemon answers within a few milliseconds, or within this time on a busy machine. Code that a command needs only
 * without a daemon is not loaded earlier.
 */
const LOAD_AFTER_MS = 200

/**
 * Returns the result of `work`. If that takes longer than 200 ms, loads a part of the package meanwhile: code that is needed
 * after a wait must already be in memory, because the package may be replaced during the wait. Ignores a failed load: the
 * code that needs the part reports it.
 */
export async function loadingBeside<T>(load: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => void load().catch(() => undefined), LOAD_AFTER_MS)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
  }
}
