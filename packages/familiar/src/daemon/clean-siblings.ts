import { cleanUp } from '../act/clean-up.js'
import { scan, FOREIGN_SCOPES_TIMEOUT_MS, type Scan } from '../observe/scan.js'
import type { SiblingsOptions } from './watch-siblings.js'

/**
 * The first clean-up begins when the daemon is adopted, but the command that started it holds the lock until it has the
 * daemon's proof. Without this wait, it would depend on timing whether the siblings are ended now or after the next tick.
 */
const LOCK_WAIT_MS = 1_000

/**
 * Ends the stale daemons of the scope, and returns their ports. Returns null if the scan does not identify this daemon as
 * the singleton. Loaded after the daemon has begun to serve, because a start needs neither the scan nor the clean-up.
 */
export async function cleanStale({
  family,
  scope,
  platform,
}: Pick<SiblingsOptions, 'family' | 'scope' | 'platform'>): Promise<readonly (number | null)[] | null> {
  const seen = await scan(family, scope, platform, FOREIGN_SCOPES_TIMEOUT_MS)
  if (!isSingletonIn(seen)) return null
  const { entries } = await cleanUp({
    family,
    scope,
    platform,
    intent: 'startup_clean',
    seen,
    isOwnScopeOnly: true,
    scansAgain: false,
    lockWaitMs: LOCK_WAIT_MS,
  })
  const swept = entries.filter(({ result }) => result.outcome === 'swept')
  return swept.map(({ candidate }) => candidate.observation.port)
}

/** False just after the scope was moved away: its record is then missing, and this daemon itself would look stale. */
function isSingletonIn({ candidates, host }: Scan): boolean {
  return candidates.some(
    ({ observation, facts }) => observation.pid === host.pid && facts.singleton_here === 'yes',
  )
}
