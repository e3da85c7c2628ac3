import { classify } from '../classify/classify.js'
import { factsOf, scopeOf } from '../classify/derive-facts.js'
import type { Candidate, Scan } from './scan.js'

/**
 * Returns the other scope in which this candidate is proven stale, so that a clean-up of that scope ends it without
 * force; null if there is none. Uses only the facts of this scan. Pure.
 */
export function staleInScope({ observation, verdict }: Candidate, seen: Scan): string | null {
  const scope = scopeOf(observation, seen.context)
  if (verdict.reason !== 'cross_root' || scope?.real == null || scope.gone !== false) return null
  // A clean-up changes nothing in the scope of another user.
  if (scope.owner !== seen.context.user) return null
  const others = seen.candidates.map((one) => one.observation)
  const facts = factsOf(seen.family, observation, { ...seen.context, here: scope }, others)
  const { class: cleanupClass } = classify(seen.family.rules, seen.family.reasonNames, facts)
  return cleanupClass === 'safe_auto' ? scope.real : null
}
