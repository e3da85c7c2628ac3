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
  singleton_named: null,
  part_of_singleton: null,
  holds_reported_lock: null,
  same_user: null,
  pid_known: null,
  birth_known: null,
  same_namespaces: null,
  reachable: null,
  elsewhere: null,
  marker: null,
  marker_here: null,
  report_agrees: null,
  scope_agrees: null,
  scope_told: null,
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

/** Thrown where a decision reads a fact that has no value yet. */
class Unread {
  readonly fact: Fact
  constructor(fact: Fact) {
    this.fact = fact
  }
}

/**
 * Decides every combination of values of these facts, without visiting each: `decide` is run on facts without values, and
 * each fact that it reads is given every value in turn. What it never reads makes no difference, so one run stands for all
 * values of it. Returns how many combinations the runs stand for: all of them.
 *
 * `decide` must be a function of what it reads; it is told how many combinations its run stands for only when it returned,
 * by the callback that it returns.
 */
export function forEachCombination(
  facts: readonly Fact[],
  decide: (facts: Facts) => (combinations: number, read: Partial<Facts>) => void,
  values: (fact: Fact) => readonly Tri[] = valuesOf,
): number {
  const explore = (given: Partial<Facts>): number => {
    const open = facts.filter((fact) => !(fact in given))
    const combinations = open.reduce((product, fact) => product * values(fact).length, 1)
    const state = new Proxy(given, {
      get: (target, fact: Fact) => {
        if (fact in target) return target[fact]
        if (facts.includes(fact)) throw new Unread(fact)
        return 'unknown'
      },
      ownKeys: () => [...ALL_FACTS],
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    }) as Facts
    try {
      decide(state)(combinations, given)
      return combinations
    } catch (error) {
      if (!(error instanceof Unread)) throw error
      const { fact } = error
      return values(fact).reduce((sum, value) => sum + explore({ ...given, [fact]: value }), 0)
    }
  }
  return explore({})
}
