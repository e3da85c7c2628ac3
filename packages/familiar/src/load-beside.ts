/**
 * A warm daemon answers within some milliseconds, on a busy machine within this time: what a command needs only without
 * one is not loaded until then.
 */
const LOAD_AFTER_MS = 200

/**
 * Returns what the work returns, and loads a part of the package beside it where it takes longer than that: what is
 * needed after a wait must be in memory by then, because the package may be replaced meanwhile. A part that cannot be
 * loaded is told by the one who needs it.
 */
export async function loadingBeside<T>(load: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => void load().catch(() => undefined), LOAD_AFTER_MS)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
  }
}
