import type { Fact, Facts } from '../../src/classify/facts.js'
import type { Rule } from '../../src/classify/first-match.js'
import type { Tri } from '../../src/classify/tri.js'

/**
 * The facts that `derive-facts.ts` can only make `yes` or `no`: each asks about the scan itself, which always knows. Is the
 * port in the range; was a shape or a reply of another family found; did a self-report come; did HTTP come; was a pid
 * found; was a start time read (one that could not be read is "no start time", so this is never unknown either).
 * `factsOf` over many sightings is held against this list.
 */
export const TWO_VALUED: ReadonlySet<Fact> = new Set<Fact>([
  'in_range',
  'other_family',
  'self_report',
  'answered_http',
  'pid_known',
  'start_time_known',
])

/** Every fact, in the order of `Facts`. A fact that is missing here does not compile. */
const ALL: Readonly<Record<Fact, null>> = {
  in_range: null,
  other_family: null,
  spawn_shape: null,
  self_report: null,
  answered_http: null,
  singleton_here: null,
  singleton_named: null,
  part_of_singleton: null,
  holds_reported_lock: null,
  same_user: null,
  pid_known: null,
  start_time_known: null,
  same_namespaces: null,
  reachable: null,
  elsewhere: null,
  marker: null,
  marker_here: null,
  report_agrees: null,
  scope_agrees: null,
  scope_told: null,
  records_readable: null,
  in_startup_grace: null,
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

/** Thrown where a decision reads a fact that has no value yet. No error: it has no stack to be collected. */
class Unread {
  readonly fact: Fact
  constructor(fact: Fact) {
    this.fact = fact
  }
}

/** Called once for each decision: how many combinations of facts it covers, and what it read. */
export type OnDecided = (combinations: number, read: () => Partial<Facts>) => void

/**
 * Decides every combination of values of these facts, without visiting each: `decide` is run on facts without values, and
 * each fact that it reads is given every value in turn. What it never reads makes no difference, so one run covers all
 * values of it. Returns how many combinations the runs cover: all of them, or fewer where `decide` said `false`,
 * which ends the search.
 *
 * `decide` must be a function of what it reads. It may run several times before it has read all that it needs: only what
 * it returns counts.
 */
export function forEachCombination(
  facts: readonly Fact[],
  decide: (facts: Facts) => OnDecided | false | null,
  values: (fact: Fact) => readonly Tri[] = valuesOf,
): number {
  const given: { [F in Fact]?: Tri } = {}
  const state = {} as Facts
  for (const fact of ALL_FACTS) {
    const isVaried = facts.includes(fact)
    const get = (): Tri => {
      const value = given[fact]
      if (value === undefined && isVaried) throw new Unread(fact)
      return value ?? 'unknown'
    }
    Object.defineProperty(state, fact, { enumerable: true, get })
  }
  const total = facts.reduce((product, fact) => product * values(fact).length, 1)
  let isOver = false
  const explore = (combinations: number): number => {
    if (isOver) return 0
    try {
      const told = decide(state)
      isOver = told === false
      if (typeof told === 'function') told(combinations, () => ({ ...given }))
      return combinations
    } catch (error) {
      if (!(error instanceof Unread)) throw error
      const { fact } = error
      const each = values(fact)
      let sum = 0
      for (const value of each) {
        given[fact] = value
        sum += explore(combinations / each.length)
      }
      delete given[fact]
      return sum
    }
  }
  return explore(total)
}
