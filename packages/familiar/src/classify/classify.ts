import type { Facts } from './facts.js'
import type { CleanupClass, Reason } from './class-and-reason.js'
import { firstMatch, type Rule } from './first-match.js'

/** The tool's names for two of the reasons, for example `dashboard_family` and `not_spec_kitty`. */
export interface ReasonNames {
  readonly other_family: string
  readonly not_ours: string
}

/**
 * A decision: the class, the reason, and the id of the row that decided. `reason` is null if and only if the class is
 * `safe_auto`.
 */
export interface Verdict {
  readonly rule: string
  readonly class: CleanupClass
  readonly reason: string | null
}

/** Returns the verdict of the first row that matches. Pure. */
export function classify(rules: readonly Rule[], names: ReasonNames, facts: Facts): Verdict {
  const rule = firstMatch(rules, facts)
  return { rule: rule.id, class: rule.class, reason: rule.reason === null ? null : spell(rule.reason, names) }
}

/** Returns the tool's name for a reason. */
export function spell(reason: Reason, names: ReasonNames): string {
  return reason === 'other_family' || reason === 'not_ours' ? names[reason] : reason
}
