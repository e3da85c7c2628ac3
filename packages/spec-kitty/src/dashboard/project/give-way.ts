import { setImmediate as nextTurn } from 'node:timers/promises'

/** How long others wait while files are read. */
const BUSY_MS = 5

let since = performance.now()

/**
 * Lets the event loop run if it did not for a while. On a local disk, reading never waits, so without this the daemon could not
 * answer other requests meanwhile.
 */
export async function giveWay(): Promise<void> {
  if (performance.now() - since < BUSY_MS) return
  await nextTurn()
  since = performance.now()
}
