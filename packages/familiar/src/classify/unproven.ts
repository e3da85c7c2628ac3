import { scopeOf } from './derive-facts.js'
import type { Fact, Facts } from './facts.js'
import { failing, type Rule } from './first-match.js'
import type { Observation, ScanContext } from './observation.js'
import { isUnmounted } from './unmounted.js'

/**
 * `scope_mounted`: what is in the candidate's scope looks as if its file system were not mounted, so its records prove
 * nothing. A scope that was only not read in time is `scope_told`, whatever its content.
 */
export type Unproven = Fact | 'scope_mounted'

/** These cannot be known while the file system of the scope may not be mounted, so they are not named beside it. */
const KNOWN_IF_MOUNTED: ReadonlySet<Fact> = new Set(['singleton_named', 'project_gone', 'disowned'])

/** Returns what keeps a candidate from being `safe_auto` by a table: the facts that its row demands and that do not hold. Pure. */
export function unproven(
  rules: readonly Rule[],
  facts: Facts,
  seen: Observation,
  context: ScanContext,
): readonly Unproven[] {
  const safe = rules.find((rule) => rule.class === 'safe_auto')
  const missing = failing(safe?.when[0] ?? {}, facts)
  const scope = scopeOf(seen, context)
  if (scope === null || !isUnmounted(seen, scope, context)) return missing
  return ['scope_mounted', ...missing.filter((fact) => !KNOWN_IF_MOUNTED.has(fact))]
}
