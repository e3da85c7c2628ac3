import type { CleanupClass, Reason } from '../../src/classify/class-and-reason.js'
import type { Condition, Rule } from '../../src/classify/first-match.js'

/** A table with one fault in one row. */
export interface Mutation {
  /** What was done, in words that stay the same: `S5 without singleton_here`. */
  readonly what: string
  readonly rules: readonly Rule[]
  /** The rows that differ, as they were and as they are: where none of them matches, the two tables decide the same. */
  readonly changed: readonly Rule[]
}

const CLASSES: readonly CleanupClass[] = ['safe_auto', 'operator_required', 'never_touch']

/**
 * Returns every table that differs in one row: a row dropped, its class or reason changed, one fact of a condition or
 * one whole alternative dropped, a row swapped with the next.
 */
export function mutationsOf(rules: readonly Rule[]): readonly Mutation[] {
  return rules.flatMap((rule, at) => [
    { what: `${rule.id} dropped`, rules: rules.toSpliced(at, 1), changed: [rule] },
    ...changesOf(rule).map(([what, faulty]) => ({
      what: `${rule.id} ${what}`,
      rules: rules.with(at, faulty),
      changed: [rule, faulty],
    })),
    ...swapped(rules, at),
  ])
}

function changesOf(rule: Rule): readonly (readonly [string, Rule])[] {
  return [...ofClass(rule), ...ofReason(rule), ...ofConditions(rule)]
}

function ofClass(rule: Rule): readonly (readonly [string, Rule])[] {
  return CLASSES.filter((other) => other !== rule.class).map((other) => {
    const reason = other === 'safe_auto' ? null : (rule.reason ?? 'ambiguous')
    return [`made ${other}`, { ...rule, class: other, reason } as Rule]
  })
}

/** The last of the three is what the compiler would not let pass: a reason beside safe_auto, none beside the others. */
function ofReason(rule: Rule): readonly (readonly [string, Rule])[] {
  const others: readonly (Reason | null)[] = ['ambiguous', 'unresponsive', null]
  return others
    .filter((other) => other !== rule.reason)
    .map((other) => [`with reason ${other ?? 'null'}`, { ...rule, reason: other } as Rule])
}

function ofConditions(rule: Rule): readonly (readonly [string, Rule])[] {
  return rule.when.flatMap((condition, at) => {
    const which = rule.when.length > 1 ? ` of alternative ${at + 1}` : ''
    const facts = Object.keys(condition) as (keyof Condition)[]
    const withoutFact = facts.map((fact): readonly [string, Rule] => {
      const { [fact]: _, ...rest } = condition
      return [`without ${fact}${which}`, { ...rule, when: rule.when.with(at, rest) }]
    })
    if (rule.when.length === 1) return withoutFact
    return [
      ...withoutFact,
      [`without alternative ${at + 1}`, { ...rule, when: rule.when.toSpliced(at, 1) }] as const,
    ]
  })
}

function swapped(rules: readonly Rule[], at: number): readonly Mutation[] {
  const [rule, next] = [rules[at], rules[at + 1]]
  if (rule === undefined || next === undefined) return []
  return [
    {
      what: `${rule.id} swapped with ${next.id}`,
      rules: rules.with(at, next).with(at + 1, rule),
      changed: [rule, next],
    },
  ]
}
