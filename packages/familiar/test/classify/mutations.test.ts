import { beforeAll, describe, expect, it } from 'vitest'
import type { Facts } from '../../src/classify/facts.js'
import { firstMatch, type Rule } from '../../src/classify/rules.js'
import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from '../../src/classify/tables.js'
import { dashboardSubject, failedChecks, I5, syncSubject, type Subject } from '../helpers/checks.js'
import { factsAll, factsReadBy, neighbours, type MutableFacts } from '../helpers/enumerate.js'
import { mutationsOf } from '../helpers/mutate.js'
import { dashboardOracle, syncOracle } from '../helpers/oracle.js'

/** Everything that differs from a clean-up in at most four facts, each of them with all three values. */
const DISTANCE = 4

/** It takes some seconds on an idle machine. */
const MUTATIONS_TIMEOUT_MS = 120_000

const SYNC_SAFE = safe({ marker_here: 'yes', predecessor: 'no', young: 'no' })
const DASHBOARD_SAFE = safe({ disowned: 'yes', project_gone: 'no', young: 'no' })

/**
 * Faults that change nothing: whatever the changed row would let pass or take over is decided the same by another row.
 * Each proof of S16 and D13 stands there all the same, so that the row can be read alone; that it does is a test of its
 * own (`tables.test.ts`, I4).
 */
const EQUIVALENT: Readonly<Record<string, string>> = {
  'S3b swapped with S4': 'S3 wants no self-report, S4 wants one: they never meet',
  'S16 without spawn_shape':
    'without a proven shape S3 (no report), S4 (no shape) or S8 (unknown) has decided',
  'S16 without birth_known': 'S8 takes a birth that is not known, whether no or unknown',
  'S16 without same_namespaces': 'S8 takes every namespace that is not proven the same',
  'D3b swapped with D4': 'D3 wants no self-report, D4 wants one: they never meet',
  'D13 without spawn_shape':
    'without a proven shape D3 (no report), D4 (no shape) or D8 (unknown) has decided',
  'D13 without birth_known': 'D8 takes a birth that is not known, whether no or unknown',
  'D13 without same_namespaces': 'D8 takes every namespace that is not proven the same',
  'D13 without records_readable': 'D11 takes a record that is not proven readable, whether no or unknown',
  'D13 without project_gone': 'yes and no are both allowed there, and D11 takes unknown',
}

/** Printed, to show what a test of the tables would say. */
const SHOWN = [
  'S5 without singleton_here',
  'S10 dropped',
  'S16 without same_user',
  'S15 swapped with S16',
  'S17 dropped',
  'D5 swapped with D6',
  'D12 without project_gone',
  'D13 without singleton_of_marker',
]

describe.each([
  ['sync', USER_SCOPE_RULES, syncSubject(syncOracle), SYNC_SAFE],
  ['dashboard', PROJECT_SCOPE_RULES, dashboardSubject(dashboardOracle), DASHBOARD_SAFE],
] as const)('one fault in one row of the %s table', (name, rules, subject, base) => {
  const read = factsReadBy(rules)
  const states = neighbours([base], read, DISTANCE)
  const mutations = mutationsOf(rules)
  const noticed = new Map<string, readonly string[]>()

  beforeAll(() => {
    for (const { what, rules } of mutations) noticed.set(what, failing(rules, subject, states))
  }, MUTATIONS_TIMEOUT_MS)

  it('the table as it is agrees with the oracle on every state that is tried', () => {
    expect(firstMatch(rules, base).class).toBe('safe_auto')
    expect(failing(rules, subject, states)).toEqual([])
  })

  it('is noticed, but for those that change nothing', () => {
    const silent = [...noticed].flatMap(([what, failed]) => (failed.length === 0 ? [what] : []))
    const equivalent = Object.keys(EQUIVALENT).filter((what) => noticed.has(what))
    console.log(
      `${name}: ${mutations.length} mutations on ${states.length} states, ${mutations.length - silent.length} noticed, ${equivalent.length} equivalent\n${SHOWN.flatMap((what) => (noticed.has(what) ? [`  ${what} -> fails: ${noticed.get(what)?.join(' + ')}`] : [])).join('\n')}`,
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

/** Returns the names of the tests that fail for this table. */
function failing(rules: readonly Rule[], subject: Subject, states: readonly Facts[]): readonly string[] {
  const failed = new Set<string>()
  const read = factsReadBy(rules)
  for (const facts of states) {
    try {
      for (const check of failedChecks(subject, read, facts, firstMatch(rules, facts))) failed.add(check)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      failed.add(I5)
    }
  }
  return [...failed]
}

function safe(change: Partial<Facts>): Facts {
  const proven: MutableFacts = factsAll('yes')
  return { ...proven, other_family: 'no', singleton_here: 'no', singleton_of_marker: 'no', ...change }
}
