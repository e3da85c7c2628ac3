import type { Words } from '../define/options.js'
import type { Scan } from '../observe/scan.js'
import { scopeDaemon } from '../observe/scope-daemon.js'
import { isStarting } from '../observe/spared.js'

/**
 * Returns the sentence that the running daemon of this scope ends stale ones of the scope by itself. Null if no daemon of
 * ours runs here that does (a predecessor's does not), or if nothing is here that is stale or may be when it is older.
 */
export function endedByItself(seen: Scan, { title, scope }: Pick<Words, 'title' | 'scope'>): string | null {
  const own = scopeDaemon(seen, 'own')
  if (own === null || own.verdict.reason !== 'is_recorded_singleton') return null
  const isStale = seen.candidates.some(
    (one) => one.facts.marker_here === 'yes' && (one.verdict.class === 'safe_auto' || isStarting(one)),
  )
  if (!isStale) return null
  return `The ${title} of this ${scope} also ends stale ones by itself, at most once a minute.`
}
