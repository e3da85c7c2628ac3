import { beforeAll, describe, expect, it } from 'vitest'
import type { Fact, Facts } from '../../src/classify/facts.js'
import { firstMatch } from '../../src/classify/first-match.js'
import { PROJECT_SCOPE_RULES, USER_SCOPE_RULES } from '../../src/classify/decision-tables.js'
import { dashboardSubject, I1, I2, I4, I6, ORACLE, sweep, syncSubject } from '../helpers/checks.js'
import type { Sweep } from '../helpers/checks.js'
import { factsAll, factsReadBy, forEachCombination, valuesOf } from '../helpers/enumerate.js'
import { figure } from '../helpers/figures.js'
import { dashboardOracle, syncOracle } from '../helpers/oracle.js'

/** The enumeration takes some seconds on an idle machine. */
const SWEEP_TIMEOUT_MS = 120_000

describe.each([
  ['sync', USER_SCOPE_RULES, syncSubject(syncOracle)],
  ['dashboard', PROJECT_SCOPE_RULES, dashboardSubject(dashboardOracle)],
] as const)('the %s table', (name, rules, subject) => {
  const read = factsReadBy(rules)
  const size = read.reduce((product, fact) => product * valuesOf(fact).length, 1)
  let seen: Sweep

  beforeAll(() => {
    const began = performance.now()
    seen = sweep(rules, subject)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    const rows = [...seen.decided].map(([rule, count]) => `${rule.id} ${count}`)
    figure(
      `${name}: ${seen.combinations} combinations of ${read.length} facts in ${seconds} s\n  ${rows.join(', ')}`,
    )
  }, SWEEP_TIMEOUT_MS)

  it('every combination: row, class and reason are those of the written table', () => {
    expect(seen.broken[ORACLE]).toEqual([])
  })

  it('I1: the reason is null exactly when safe_auto', () => {
    expect(seen.broken[I1]).toEqual([])
  })

  it('I2: safe_auto implies every proof of its row', () => {
    expect(seen.broken[I2]).toEqual([])
    expect(seen.safe.length).toBeGreaterThan(0)
  })

  it('I4: no unknown fact is compatible with safe_auto', () => {
    expect(seen.broken[I4]).toEqual([])
  })

  it('I4: no unknown fact is compatible with safe_auto, not even of those that derive never leaves unknown, nor any number of them together', () => {
    const survivors: Partial<Facts>[] = []
    // What matches none of the rows that allow a clean-up is not safe, no matter what the other rows say of it.
    const allowing = [...rules.filter((rule) => rule.class === 'safe_auto'), ...rules.slice(-1)]
    const tried = seen.safe.map((base) =>
      forEachCombination(
        read,
        (facts) => {
          if (firstMatch(allowing, facts).class !== 'safe_auto') return null
          if (firstMatch(rules, facts).class !== 'safe_auto') return null
          return (_count, given) => survivors.push(given())
        },
        (fact) => [base[fact], 'unknown'],
      ),
    )
    expect(tried).toEqual(seen.safe.map(() => 2 ** read.length))
    expect(survivors).toEqual(seen.safe.map((base) => expect.objectContaining(pick(base, read))))
  })

  it('I4: no unknown fact is compatible with safe_auto: the row that allows a clean-up names every fact that the table reads', () => {
    const [row, ...others] = rules.filter((rule) => rule.class === 'safe_auto')
    expect(others).toEqual([])
    expect(row?.when).toHaveLength(1)
    expect(Object.keys(row?.when[0] ?? {}).toSorted()).toEqual([...read].toSorted())
    for (const wanted of Object.values(row?.when[0] ?? {})) {
      expect([wanted].flat()).not.toContain('unknown')
    }
  })

  it('I5: total, exactly one row, no dead row and no dead alternative', () => {
    expect(seen.combinations).toBe(size)
    expect([...seen.decided.values()].reduce((sum, count) => sum + count, 0)).toBe(size)
    const deadRows = [...seen.decided].flatMap(([rule, count]) => (count === 0 ? [rule.id] : []))
    const alternatives = rules.flatMap((rule) => rule.when.map((when) => [rule.id, when] as const))
    const deadAlternatives = alternatives.filter(([, when]) => !seen.needed.has(when))
    expect({ deadRows, deadAlternatives }).toEqual({ deadRows: [], deadAlternatives: [] })
  })

  it('I6: the singleton of any scope is never safe_auto', () => {
    expect(seen.broken[I6]).toEqual([])
  })

  it('ends with a row that always matches and refuses', () => {
    expect(rules.at(-1)?.when).toEqual([{}])
    expect(rules.at(-1)?.class).toBe('operator_required')
    for (const value of ['yes', 'no', 'unknown'] as const) {
      expect(firstMatch(rules, factsAll(value)).class).not.toBe('safe_auto')
    }
  })

  it('has its rows in the order of their numbers, but for D10a, which comes before D10', () => {
    const numbers = rules.map((rule) => Number.parseInt(rule.id.slice(1), 10))
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length)
    expect(new Set(numbers)).toEqual(new Set(Array.from({ length: numbers.at(-1) ?? 0 }, (_, at) => at + 1)))
  })
})

it('refuses a table that lets a combination fall through', () => {
  expect(() => firstMatch([], factsAll('yes'))).toThrow(TypeError)
})

function pick(facts: Facts, wanted: readonly Fact[]): Partial<Facts> {
  return Object.fromEntries(wanted.map((fact) => [fact, facts[fact]]))
}
