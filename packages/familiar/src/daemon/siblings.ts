import { monotonicMs } from '../clock.js'
import { cleanUp } from '../act/clean-up.js'
import { FamiliarError } from '../errors.js'
import type { Family } from '../family.js'
import { scan, FOREIGN_SCOPES_TIMEOUT_MS, type Scan } from '../observe/scan.js'
import type { Platform } from '../observe/platform/platform.js'
import type { Log } from './log.js'

export interface SiblingsOptions {
  readonly family: Family
  readonly scope: string
  readonly platform: Platform
  readonly log: Log
  /** The least time between two clean-ups, in milliseconds. */
  readonly everyMs: number
  /** Returns whether this daemon is the recorded singleton, and stays. */
  readonly mayClean: () => boolean
}

/** Cleans up the stale daemons of the same scope. */
export interface Siblings {
  /** A client came: clean up soon. */
  readonly request: () => void
  /** Cleans up if a client asked for it since the last clean-up, or if that one failed. */
  readonly tick: () => Promise<void>
}

/**
 * Cleans up stale daemons of the same scope, only while this daemon is the recorded singleton, one clean-up at a time.
 * The next one begins at the earliest `everyMs` after the last one began, because every client that asks for a proof
 * requests one. Only after an error with `retry`, such as a busy lock, does the next tick try again at once.
 */
export function watchSiblings({ everyMs, mayClean, log, ...at }: SiblingsOptions): Siblings {
  let lastAt = Number.NEGATIVE_INFINITY
  let isDue = true
  let isCleaning = false
  let isRetriedOnTick = false

  async function clean(afterMs: number): Promise<void> {
    if (isCleaning || monotonicMs() - lastAt < afterMs || !mayClean()) return
    isCleaning = true
    isDue = false
    isRetriedOnTick = false
    lastAt = monotonicMs()
    try {
      const ports = await cleanStale(at)
      if (ports === null) isDue = true
      else if (ports.length > 0) log.write('siblings_retired', { ports })
    } catch (error) {
      isDue = true
      isRetriedOnTick = error instanceof FamiliarError && error.retry
      if (!isRetriedOnTick) log.write('clean_failed', { why: String(error) })
    } finally {
      isCleaning = false
    }
  }

  const request = (): void => {
    isDue = true
    setImmediate(() => void clean(everyMs))
  }
  return {
    request,
    tick: async () => {
      if (isDue) await clean(isRetriedOnTick ? 0 : everyMs)
    },
  }
}

/**
 * The first clean-up begins when the daemon is adopted, and the command that has started it holds the lock until it has the
 * daemon's proof. Without a wait, the quicker of the two would decide whether the siblings go now or after the next tick.
 */
const LOCK_WAIT_MS = 1_000

/** Returns the ports of the daemons that it ended; null if this daemon is not seen as the singleton now. */
async function cleanStale({
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

/** False just after the scope was moved away: then its record is missing, and this daemon itself would look stale. */
function isSingletonIn({ candidates, host }: Scan): boolean {
  return candidates.some(
    ({ observation, facts }) => observation.pid === host.pid && facts.singleton_here === 'yes',
  )
}
