/**
 * A running daemon answers within a few milliseconds, and even on a busy machine within this time. Only after this time
 * does a command load the code for the case that no daemon answers.
 */
const LOAD_AFTER_MS = 200

/**
 * Returns the result of `work`. If `work` takes longer than 200 ms, also calls `load`, which imports the modules that the
 * caller will need next. They are imported before `work` has ended, because a new version of the package may be installed
 * during the wait and the old modules could then no longer be read from disk. Errors of `load` are ignored: the caller
 * imports the same modules again when it needs them, and reports the error then.
 */
export async function loadingBeside<T>(load: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => void load().catch(() => undefined), LOAD_AFTER_MS)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
  }
}
