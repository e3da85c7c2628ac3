import type { Fact, Facts } from '../../src/classify/facts.js'
import { firstMatch, type Rule } from '../../src/classify/first-match.js'
import type { Tri } from '../../src/classify/tri.js'
import { factsReadBy, forEachCombination, type OnDecided } from './enumerate.js'
import type { Oracle } from './oracle.js'

/** The proofs that a clean-up without asking needs, as the text lists them; not read from the tables. */
type Proofs = readonly (readonly [fact: Fact, proven: Tri])[]

const COMMON: Proofs = [
  ['in_range', 'yes'],
  ['other_family', 'no'],
  ['spawn_shape', 'yes'],
  ['self_report', 'yes'],
  ['same_user', 'yes'],
  ['pid_known', 'yes'],
  ['start_time_known', 'yes'],
  ['same_namespaces', 'yes'],
  ['reachable', 'yes'],
  ['elsewhere', 'no'],
  ['marker', 'yes'],
  ['report_agrees', 'yes'],
  ['scope_agrees', 'yes'],
  ['records_readable', 'yes'],
]

/** What is held against every decision of a table. The names are the names of the tests. */
export interface Subject {
  readonly oracle: Oracle
  readonly proofs: Proofs
  /** The facts of which each says "it is the singleton of a scope". */
  readonly singletons: readonly Fact[]
}

export const ORACLE = 'every combination: row, class and reason are those of the written table'
export const I1 = 'I1: the reason is null exactly when safe_auto'
export const I2 = 'I2: safe_auto implies every proof of its row'
export const I4 = 'I4: no unknown fact is compatible with safe_auto'
export const I5 = 'I5: total, exactly one row, no dead row and no dead alternative'
export const I6 = 'I6: the singleton of any scope is never safe_auto'

export type Check = typeof ORACLE | typeof I1 | typeof I2 | typeof I4 | typeof I6

const SINGLETONS: readonly Fact[] = ['singleton_here', 'singleton_named', 'part_of_singleton']

/** Returns what the sync table is held against: S16's own proof is that the scope is the scanned one. */
export function syncSubject(oracle: Oracle): Subject {
  return { oracle, proofs: [...COMMON, ['marker_here', 'yes']], singletons: SINGLETONS }
}

/** Returns what the dashboard table is held against: D13's own proof is that the project no longer owns it. */
export function dashboardSubject(oracle: Oracle): Subject {
  return { oracle, proofs: [...COMMON, ['disowned', 'yes']], singletons: SINGLETONS }
}

/** Returns the names of the checks that this decision fails. */
export function failedChecks(subject: Subject, read: readonly Fact[], facts: Facts, rule: Rule): Check[] {
  const failed: Check[] = []
  const expected = subject.oracle(facts)
  if (rule.id !== expected.id || rule.class !== expected.class || rule.reason !== expected.reason)
    failed.push(ORACLE)
  if ((rule.reason === null) !== (rule.class === 'safe_auto')) failed.push(I1)
  if (rule.class !== 'safe_auto') return failed
  if (subject.proofs.some(([fact, proven]) => facts[fact] !== proven)) failed.push(I2)
  if (read.some((fact) => facts[fact] === 'unknown')) failed.push(I4)
  if (subject.singletons.some((fact) => facts[fact] === 'yes')) failed.push(I6)
  return failed
}

/** What a run over every combination of facts brought. */
export interface Sweep {
  readonly combinations: number
  /** How many combinations each row decided, row by row. */
  readonly decided: ReadonlyMap<Rule, number>
  /** The alternatives that decided on their own at least once: without them the row would not have matched. */
  readonly needed: ReadonlySet<object>
  readonly safe: readonly Facts[]
  readonly broken: Readonly<Record<Check, readonly Facts[]>>
}

/** Enough to see what is wrong. */
const MAX_EXAMPLES = 5

/** Decides every combination of the facts that the table reads, and holds every decision against the subject. */
export function sweep(rules: readonly Rule[], subject: Subject): Sweep {
  const read = factsReadBy(rules)
  const counts = new Map(rules.map((rule) => [rule, { count: 0 }]))
  const needed = new Set<object>()
  const safe: Facts[] = []
  const broken: Record<Check, Facts[]> = { [ORACLE]: [], [I1]: [], [I2]: [], [I4]: [], [I6]: [] }
  const decide = (facts: Facts): OnDecided => {
    const rule = firstMatch(rules, facts)
    const holding = rule.when.filter((when) => firstMatch([{ ...rule, when: [when] }, NONE], facts) !== NONE)
    const failed = failedChecks(subject, read, facts, rule)
    return (count, given) => {
      const tally = counts.get(rule)
      if (tally !== undefined) tally.count += count
      if (holding.length === 1 && holding[0] !== undefined) needed.add(holding[0])
      if (rule.class === 'safe_auto') safe.push(given() as Facts)
      for (const check of failed)
        if (broken[check].length < MAX_EXAMPLES) broken[check].push(given() as Facts)
    }
  }
  const combinations = forEachCombination(read, decide)
  const decided = new Map([...counts].map(([rule, { count }]) => [rule, count]))
  return { combinations, decided, needed, safe, broken }
}

const NONE: Rule = { id: 'none', when: [{}], class: 'operator_required', reason: 'ambiguous' }
