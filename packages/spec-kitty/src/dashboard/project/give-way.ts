import { setImmediate as nextTurn } from 'node:timers/promises'

/** The maximum time that other work waits while files are read. */
const BUSY_MS = 5

let since = performance.now()

/**
 * Lets the event loop run if it has not run for a while. Reads on a local disk are synchronous, so otherwise the daemon
 * could not answer other requests in the meantime.
 */
export async function giveWay(): Promise<void> {
  if (performance.now() - since < BUSY_MS) return
  await nextTurn()
  since = performance.now()
}
