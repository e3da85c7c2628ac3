import { beforeAll, describe, expect, it } from 'vitest'
import type { Fact, Facts } from '../../src/classify/facts.js'
import { firstMatch, type Rule } from '../../src/classify/first-match.js'
import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from '../../src/classify/decision-tables.js'
import { dashboardSubject, failedChecks, I5, sweep, syncSubject, type Subject } from '../helpers/checks.js'
import { ALL_VALUES, factsReadBy, forEachCombination } from '../helpers/enumerate.js'
import { figure } from '../helpers/figures.js'
import { mutationsOf, type Mutation } from '../helpers/mutate.js'
import { dashboardOracle, syncOracle } from '../helpers/oracle.js'

/** It takes some seconds on an idle machine. */
const MUTATIONS_TIMEOUT_MS = 120_000

/**
 * Faults that change nothing: what the changed row would let pass or take over, another row decides in the same way.
 * Each proof of S16 and D13 is still listed, so that the row can be read alone; that it does is a test of its
 * own (`tables.test.ts`, I4).
 */
const EQUIVALENT: Readonly<Record<string, string>> = {
  'S3b swapped with S4': 'S3 wants no self-report, S4 wants one: they never meet',
  'S16 without spawn_shape':
    'without a proven shape S3 (no report), S4 (no shape) or S8 (unknown) has decided',
  'S16 without start_time_known': 'S8 takes a start time that is not known, whether no or unknown',
  'S16 without same_namespaces': 'S8 takes every namespace that is not proven the same',
  'D3b swapped with D4': 'D3 wants no self-report, D4 wants one: they never meet',
  'D13 without spawn_shape':
    'without a proven shape D3 (no report), D4 (no shape) or D8 (unknown) has decided',
  'D13 without start_time_known': 'D8 takes a start time that is not known, whether no or unknown',
  'D13 without same_namespaces': 'D8 takes every namespace that is not proven the same',
  'D13 without project_gone':
    'yes and no are both allowed there, and D11 takes unknown where the scope was read',
}

/** Printed, to show what a test of the tables would say. */
const SHOWN = [
  'S5 without singleton_here',
  'S10 dropped',
  'S16 without same_user',
  'S15 swapped with S16',
  'S17 dropped',
  'D5 swapped with D5b',
  'D12 without project_gone',
  'D13 without singleton_named',
]

describe.each([
  ['sync', USER_SCOPE_RULES, syncSubject(syncOracle)],
  ['dashboard', PROJECT_SCOPE_RULES, dashboardSubject(dashboardOracle)],
] as const)('one fault in one row of the %s table', (name, rules, subject) => {
  const mutations = mutationsOf(rules)
  const noticed = new Map<string, readonly string[]>()

  beforeAll(() => {
    for (const mutation of mutations) noticed.set(mutation.what, failing(mutation, rules, subject))
  }, MUTATIONS_TIMEOUT_MS)

  // Otherwise a fault could not be judged by the rows that it changes alone.
  it('the table as it is agrees with the oracle', { timeout: MUTATIONS_TIMEOUT_MS }, () => {
    expect(Object.values(sweep(rules, subject).broken).flat()).toEqual([])
  })

  it('is noticed, but for those that change nothing', () => {
    const silent = [...noticed].flatMap(([what, failed]) => (failed.length === 0 ? [what] : []))
    const equivalent = Object.keys(EQUIVALENT).filter((what) => noticed.has(what))
    figure(
      `${name}: ${mutations.length} mutations, ${mutations.length - silent.length} noticed, ${equivalent.length} equivalent\n${SHOWN.flatMap((what) => (noticed.has(what) ? [`  ${what} -> fails: ${noticed.get(what)?.join(' + ')}`] : [])).join('\n')}`,
    )
    expect(silent.toSorted()).toEqual(equivalent.toSorted())
  })

  it('has a name of its own each', () => {
    expect(noticed.size).toBe(mutations.length)
  })
})

it('knows every equivalent fault and every one that is printed', () => {
  const known = new Set([USER_SCOPE_RULES, PROJECT_SCOPE_RULES].flatMap(mutationsOf).map(({ what }) => what))
  expect([...Object.keys(EQUIVALENT), ...SHOWN].filter((what) => !known.has(what))).toEqual([])
})

/**
 * Returns the names of the tests that fail for this table and not for the one as it is, over every combination of facts
 * in which the two can differ, `unknown` included where `derive-facts.ts` never says it. The first such combination is enough.
 */
function failing({ rules, changed }: Mutation, asItIs: readonly Rule[], subject: Subject): readonly string[] {
  const failed = new Set<string>()
  const read = factsReadBy([...USER_SCOPE_RULES, ...PROJECT_SCOPE_RULES])
  const named = factsReadBy(rules)
  forEachCombination(
    read,
    (facts) => {
      if (firstMatch([...changed, NONE], facts) === NONE) return null
      const checks = checksFailedBy(rules, subject, named, facts)
      if (checks.length === 0 || checksFailedBy(asItIs, subject, named, facts).length > 0) return null
      for (const check of checks) failed.add(check)
      return false
    },
    () => ALL_VALUES,
  )
  return [...failed]
}

const NONE: Rule = { id: 'none', when: [{}], class: 'operator_required', reason: 'ambiguous' }

function checksFailedBy(
  rules: readonly Rule[],
  subject: Subject,
  read: readonly Fact[],
  facts: Facts,
): readonly string[] {
  try {
    return failedChecks(subject, read, facts, firstMatch(rules, facts))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return [I5]
  }
}
