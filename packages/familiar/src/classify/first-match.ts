import type { Reason } from './class-and-reason.js'
import type { Fact, Facts } from './facts.js'
import type { Tri } from './tri.js'

/** Every fact named here must have the given value, or one of the given values. */
export type Condition = { readonly [F in Fact]?: Tri | readonly Tri[] }

/**
 * One row of a decision table. It matches if at least one of its conditions holds; an empty condition always holds. The
 * reason is null if and only if the class is `safe_auto`.
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

/** Returns the facts that a condition names and that do not have a value that it wants. */
export function failing(condition: Condition, facts: Facts): readonly Fact[] {
  return (Object.keys(condition) as Fact[]).filter((fact) => !fits(condition[fact], facts[fact]))
}

function holds(condition: Condition, facts: Facts): boolean {
  for (const fact in condition) if (!fits(condition[fact as Fact], facts[fact as Fact])) return false
  return true
}

function fits(wanted: Tri | readonly Tri[] | undefined, value: Tri): boolean {
  return typeof wanted === 'string' ? wanted === value : wanted?.includes(value) !== false
}
