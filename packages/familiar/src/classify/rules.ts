import type { Fact, Facts } from './facts.js'
import type { Tri } from './tri.js'

/**
 * What a clean-up may do with a candidate. `safe_auto`: end it without asking. `operator_required`: end it only if the user
 * demands it by force or confirms it. `never_touch`: never end it.
 */
export type CleanupClass = 'safe_auto' | 'operator_required' | 'never_touch'

/** Why a candidate is not ended without asking. Each tool has its own names for `other_family` and `not_ours`. */
export type Reason =
  | 'out_of_range'
  | 'other_family'
  | 'third_party'
  | 'not_ours'
  | 'is_recorded_singleton'
  | 'part_of_singleton'
  | 'other_user'
  | 'missing_pid'
  | 'missing_identity'
  | 'pre_marker'
  | 'cross_root'
  | 'unreachable'
  | 'unresponsive'
  | 'pid_port_mismatch'
  | 'scope_mismatch'
  | 'record_unreadable'
  | 'elsewhere'
  | 'starting'
  | 'ambiguous'

/** Every fact named here must have the given value, or one of the given values. */
export type Condition = { readonly [F in Fact]?: Tri | readonly Tri[] }

/**
 * One row of a decision table. It matches when at least one of its conditions holds; an empty condition always holds.
 * The reason is null exactly in a row of class `safe_auto`.
 */
export type Rule = { readonly id: string; readonly when: readonly Condition[] } & (
  | { readonly class: 'safe_auto'; readonly reason: null }
  | { readonly class: 'operator_required' | 'never_touch'; readonly reason: Reason }
)

/** Returns the first row that matches. Throws `TypeError` if none does: a table must end with a row that always matches. */
export function firstMatch(rules: readonly Rule[], facts: Facts): Rule {
  const found = rules.find((rule) => rule.when.some((condition) => holds(condition, facts)))
  if (found === undefined) throw new TypeError('a decision table must end with a row that always matches')
  return found
}

function holds(condition: Condition, facts: Facts): boolean {
  for (const fact in condition) {
    const wanted = condition[fact as Fact]
    const value = facts[fact as Fact]
    if (typeof wanted === 'string' ? wanted !== value : wanted?.includes(value) === false) return false
  }
  return true
}
