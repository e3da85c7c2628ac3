import type { Found, ConnectRequest } from './connect-request.js'
import { connected, findUsable } from './find-recorded.js'
import { monotonicMs } from '../clock.js'
import { loadingBeside } from '../load-beside.js'
import { HANDSHAKE_MS } from '../observe/probe-health.js'

/**
 * Returns the scope's daemon, proven and of a usable version. Starts one if there is none, and replaces a daemon that is
 * proven older than this installation or whose own installation is gone. If it is unknown which of the two is older, the
 * daemon is used.
 *
 * A warm daemon costs one record read and one local request: no lock, no scan. Otherwise takes the life-cycle lock and
 * tries the same again, because another command may have done the work meanwhile. Then it ends an older daemon, starts
 * and adopts a new one, and checks its version once more. A full port range is cleaned up once.
 *
 * A daemon that lives but does not answer is never ended here. Throws `E_DAEMON_UNRESPONSIVE` for it within two seconds
 * (25, if this call has just started it). Throws `E_RANGE_FULL` if the range is still full after the clean-up. Throws
 * `E_VERSION_MISMATCH` if the daemon speaks a newer protocol, or if the one just started is older than this installation
 * or speaks a newer protocol; there is no third attempt. Throws `E_DAEMON_NOT_REPLACED` if the daemon to be replaced is
 * not proven to be this scope's, or did not end.
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

/** Loads everything that is needed after the wait for the lock, because the package may be replaced during the wait. */
async function loadCold() {
  const { connectCold, loadLocks } = await import('./connect-cold.js')
  await loadLocks()
  return connectCold
}
