import type { Fact, Facts } from '../../src/classify/facts.js'
import type { Rule } from '../../src/classify/rules.js'
import type { Tri } from '../../src/classify/tri.js'

/**
 * The facts that `derive.ts` can only make `yes` or `no`: each asks about the look itself, which always knows. Is the
 * port in the range; was a shape or a reply of another family found; did a self-report come; did HTTP come; was a pid
 * found; was a birth read (a birth that could not be read is "no birth", so this is never unknown either).
 * `factsOf` over many sightings is held against this list.
 */
export const TWO_VALUED: ReadonlySet<Fact> = new Set<Fact>([
  'in_range',
  'other_family',
  'self_report',
  'answered_http',
  'pid_known',
  'birth_known',
])

/** Every fact, in the order of `Facts`. A fact that is missing here does not compile. */
const ALL: Readonly<Record<Fact, null>> = {
  in_range: null,
  other_family: null,
  spawn_shape: null,
  self_report: null,
  answered_http: null,
  singleton_here: null,
  singleton_of_marker: null,
  same_user: null,
  pid_known: null,
  birth_known: null,
  same_namespaces: null,
  marker: null,
  marker_here: null,
  report_agrees: null,
  scope_agrees: null,
  records_readable: null,
  young: null,
  predecessor: null,
  project_gone: null,
  disowned: null,
}

export const ALL_FACTS = Object.keys(ALL) as readonly Fact[]
export const ALL_VALUES: readonly Tri[] = ['yes', 'no', 'unknown']
const YES_NO: readonly Tri[] = ['yes', 'no']

export type MutableFacts = { -readonly [F in Fact]: Facts[F] }

/** Returns the facts that any condition of the table names, in the order of `Facts`. */
export function factsReadBy(rules: readonly Rule[]): readonly Fact[] {
  const named = new Set(rules.flatMap((rule) => rule.when.flatMap((condition) => Object.keys(condition))))
  return ALL_FACTS.filter((fact) => named.has(fact))
}

/** Returns the values that a fact can have. */
export function valuesOf(fact: Fact): readonly Tri[] {
  return TWO_VALUED.has(fact) ? YES_NO : ALL_VALUES
}

/** Returns facts that have this value everywhere. */
export function factsAll(value: Tri): MutableFacts {
  return Object.fromEntries(ALL_FACTS.map((fact) => [fact, value])) as MutableFacts
}

/**
 * Visits every combination of values of these facts; the others stay `unknown`. The visitor is handed one object that
 * changes like an odometer: it must not keep it. Returns how many there were.
 */
export function forEachCombination(
  facts: readonly Fact[],
  visit: (facts: Facts) => void,
  values: (fact: Fact) => readonly Tri[] = valuesOf,
): number {
  const wheels = facts.map((fact) => ({ fact, values: values(fact), at: 0 }))
  const state = factsAll('unknown')
  for (const wheel of wheels) state[wheel.fact] = wheel.values[0] ?? 'unknown'
  for (let count = 1; ; count++) {
    visit(state)
    let turning = 0
    for (; turning < wheels.length; turning++) {
      const wheel = wheels[turning]
      if (wheel === undefined) break
      wheel.at = (wheel.at + 1) % wheel.values.length
      state[wheel.fact] = wheel.values[wheel.at] ?? 'unknown'
      if (wheel.at !== 0) break
    }
    if (turning === wheels.length) return count
  }
}

/**
 * Returns every state that differs from one of the bases in at most `distance` of these facts, each with all three
 * values, once. It holds every single and double mistake around what the table allows, and stays small.
 */
export function neighbours(
  bases: readonly Facts[],
  facts: readonly Fact[],
  distance: number,
): readonly Facts[] {
  const found = new Map<string, Facts>()
  const add = (state: Facts, from: number, left: number): void => {
    found.set(facts.map((fact) => state[fact][0]).join(''), state)
    if (left === 0) return
    for (let at = from; at < facts.length; at++) {
      const fact = facts[at]
      if (fact === undefined) continue
      for (const value of ALL_VALUES) {
        if (value !== state[fact]) add({ ...state, [fact]: value }, at + 1, left - 1)
      }
    }
  }
  for (const base of bases) add(base, 0, distance)
  return [...found.values()]
}
