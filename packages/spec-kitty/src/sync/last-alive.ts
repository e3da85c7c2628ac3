import type { DaemonStatus } from 'familiar'

/**
 * Returns when a daemon that crashed was last seen alive: the last time in its record, or its last sync if that is later.
 * Null for a daemon that did not crash, or if no time is known.
 */
export function lastAlive({ state, since }: DaemonStatus, lastSync: string | null): string | null {
  if (state !== 'crashed' || since === null || lastSync === null) return state === 'crashed' ? since : null
  const at = Date.parse(lastSync)
  return at > Date.parse(since) && at <= Date.now() ? lastSync : since
}
