import { connected, type Connection } from './connect/connection.js'
import { findUsable } from './connect/recorded.js'
import type { ConnectRequest } from './connect/request.js'
import { skipReason } from './connect/skip-reason.js'
import { loadingBeside } from './load-beside.js'
import { HANDSHAKE_MS } from './observe/handshake.js'

/**
 * Returns the scope's daemon, proven to own the record's token and of a version that can be used, starting one where
 * there is none and replacing one that is proven older than this installation; where no order can be told, it is used.
 *
 * Warm, that is one record read and one local request: no lock, no look at the machine (C1). Otherwise the life-cycle
 * lock is taken and the same is tried again, because a sibling may have done the work meanwhile (C2); then a daemon of
 * an older version is retired, one is started and adopted, and its version is checked once more (C3). A daemon that
 * lives and does not answer is never ended here: `E_DAEMON_UNRESPONSIVE` within two seconds (C4). A full range is
 * cleaned once (C5), then `E_RANGE_FULL`.
 *
 * `E_VERSION_MISMATCH`: the daemon speaks a newer protocol, or the one just started is older than this installation or
 * speaks a newer one; there is no third try. `E_DAEMON_NOT_REPLACED`: the older one is not proven to be this scope's, or did not go.
 */
export async function connect(request: ConnectRequest): Promise<Connection> {
  const began = performance.now()
  const warm = await loadingBeside(loadCold, () => findUsable(request))
  if (warm !== null) return connected(warm)
  const wasSilent = performance.now() - began >= HANDSHAKE_MS
  const skipped = request.policy === null ? null : skipReason(request.policy)
  if (skipped !== null) return { outcome: 'skipped', reason: skipped }
  const connectCold = await loadCold()
  return connectCold(request, wasSilent)
}

/** Everything that is needed after the wait for the lock. */
async function loadCold() {
  const { connectCold, loadLocks } = await import('./connect/cold.js')
  await loadLocks()
  return connectCold
}
