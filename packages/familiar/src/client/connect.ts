import type { Found, ConnectRequest } from './connect-request.js'
import { connected, findUsable } from './find-recorded.js'
import { monotonicMs } from '../clock.js'
import { loadingBeside } from '../load-beside.js'
import { HANDSHAKE_MS } from '../observe/probe-health.js'

/**
 * Returns the scope's daemon, proven and of a usable version. Starts one if there is none, and replaces one that is proven
 * older than this installation, or whose own installation is gone. If it is unknown which is older, the daemon is used.
 *
 * A warm daemon takes one record read and one local request: no lock, no scan. Otherwise takes the life-cycle lock and
 * tries the same again, because another command may have done the work meanwhile; then retires an older daemon, starts
 * and adopts one, and checks its version once more. A daemon that lives and does not answer is never ended here:
 * `E_DAEMON_UNRESPONSIVE` within two seconds (25, if this call has just started it). A full range is cleaned up once, then
 * `E_RANGE_FULL`.
 *
 * `E_VERSION_MISMATCH`: the daemon speaks a newer protocol, or the one just started is older than this installation or
 * speaks a newer protocol; there is no third try. `E_DAEMON_NOT_REPLACED`: the daemon to be replaced is not proven to be
 * this scope's, or did not end.
 */
export async function connect(request: ConnectRequest): Promise<Found> {
  const began = monotonicMs()
  const warm = await loadingBeside(loadCold, () => findUsable(request))
  if (warm !== null) return connected(warm)
  const wasSilent = monotonicMs() - began >= HANDSHAKE_MS
  if (request.skipReason != null) return { outcome: 'skipped', reason: request.skipReason }
  const connectCold = await loadCold()
  return connectCold(request, wasSilent)
}

/** Loads everything that is needed after the wait for the lock. */
async function loadCold() {
  const { connectCold, loadLocks } = await import('./connect-cold.js')
  await loadLocks()
  return connectCold
}
