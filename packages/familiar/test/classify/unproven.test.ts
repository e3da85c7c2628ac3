import { describe, expect, it } from 'vitest'
import { classify } from '../../src/classify/classify.js'
import { factsOf } from '../../src/classify/derive-facts.js'
import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from '../../src/classify/decision-tables.js'
import type { Fact, Facts } from '../../src/classify/facts.js'
import type { Rule } from '../../src/classify/first-match.js'
import { unproven } from '../../src/classify/unproven.js'
import { UNPROVEN_WORDS } from '../../src/doctor/reason-words.js'
import { BASIS, context, observation, oldReport, oldShape, scopeView } from '../helpers/observations.js'

const NAMES = { other_family: 'other_family', not_ours: 'not_ours' } as const
const TABLES = { sync: USER_SCOPE_RULES, dashboard: PROJECT_SCOPE_RULES }
const OLD = observation({ shape: oldShape(), report: oldReport() })
const ALONE = context(scopeView({ records: [] }))

/** The facts of a candidate that the table calls safe_auto. */
function safeFacts(rules: readonly Rule[]): Facts {
  const wanted = rules.find((rule) => rule.class === 'safe_auto')?.when[0] ?? {}
  const facts = factsOf(BASIS, OLD, ALONE)
  const values = Object.entries(wanted).map(([fact, value]) => [
    fact,
    typeof value === 'string' ? value : 'no',
  ])
  return { ...facts, ...Object.fromEntries(values) }
}

describe.each(Object.entries(TABLES))('what is not proven of a candidate of the %s table', (_, rules) => {
  const safe = safeFacts(rules)
  const facts = Object.keys(rules.find((rule) => rule.class === 'safe_auto')?.when[0] ?? {}) as Fact[]
  const ambiguous = facts.filter(
    (fact) => classify(rules, NAMES, { ...safe, [fact]: 'unknown' }).reason === 'ambiguous',
  )

  it('is nothing if it is safe_auto', () => {
    expect(classify(rules, NAMES, safe).class).toBe('safe_auto')
    expect(unproven(rules, safe, OLD, ALONE)).toEqual([])
    expect(ambiguous.length).toBeGreaterThan(5)
  })

  it.each(ambiguous)('is %s, in words, if that is all that is unknown', (fact) => {
    expect(unproven(rules, { ...safe, [fact]: 'unknown' }, OLD, ALONE)).toEqual([fact])
    expect(UNPROVEN_WORDS).toHaveProperty(fact)
  })
})

describe('a candidate whose home is as empty as before its start', () => {
  const seen = observation({ shape: oldShape(), report: oldReport() })
  const empty = context(scopeView({ records: [], gone: false, unchangedSinceMs: 0 }))

  it('is ambiguous, because its home may not be mounted', () => {
    const facts = factsOf(BASIS, seen, empty)
    expect(classify(USER_SCOPE_RULES, NAMES, facts).reason).toBe('ambiguous')
    expect(unproven(USER_SCOPE_RULES, facts, seen, empty)).toEqual(['scope_mounted'])
  })

  it('is not said to be unmounted if its home was only not read in time', () => {
    const late = context(scopeView({ records: [], gone: null, isLate: true }))
    const facts = factsOf(BASIS, seen, late)
    const missing = unproven(PROJECT_SCOPE_RULES, facts, seen, late)
    expect(missing).toContain('scope_told')
    expect(missing).not.toContain('scope_mounted')
  })
})
