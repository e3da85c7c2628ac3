import { describe, expect, it } from 'vitest'
import { classify, spell } from '../../src/classify/classify.js'
import type { Rule } from '../../src/classify/first-match.js'
import { every, same, some, tri, type Tri } from '../../src/classify/tri.js'
import { ALL_VALUES, factsAll } from '../helpers/enumerate.js'

const NAMES = { other_family: 'dashboard_family', not_ours: 'not_spec_kitty' }

describe('classify', () => {
  const rules: readonly Rule[] = [
    { id: 'A1', when: [{ in_range: 'no' }], class: 'never_touch', reason: 'other_family' },
    {
      id: 'A2',
      when: [{ in_startup_grace: ['no', 'unknown'] }, { marker: 'yes' }],
      class: 'safe_auto',
      reason: null,
    },
    { id: 'A3', when: [{}], class: 'operator_required', reason: 'ambiguous' },
  ]

  it('gives the first row that matches, with its class and its reason in the words of the tool', () => {
    const facts = factsAll('no')
    expect(classify(rules, NAMES, facts)).toEqual({
      rule: 'A1',
      class: 'never_touch',
      reason: 'dashboard_family',
    })
  })

  it('matches a row by any of its alternatives, and a condition by any of its values', () => {
    const safe = { rule: 'A2', class: 'safe_auto', reason: null }
    expect(classify(rules, NAMES, { ...factsAll('yes'), marker: 'no', in_startup_grace: 'unknown' })).toEqual(
      safe,
    )
    expect(classify(rules, NAMES, { ...factsAll('yes'), in_startup_grace: 'yes' })).toEqual(safe)
    expect(classify(rules, NAMES, { ...factsAll('yes'), marker: 'unknown' }).rule).toBe('A3')
  })

  it('spells only the two reasons that name another program', () => {
    expect(spell('other_family', NAMES)).toBe('dashboard_family')
    expect(spell('not_ours', NAMES)).toBe('not_spec_kitty')
    expect(spell('third_party', NAMES)).toBe('third_party')
  })
})

describe('three values', () => {
  it('tri and same know that null is unknown', () => {
    expect([tri(true), tri(false), tri(null)]).toEqual(['yes', 'no', 'unknown'])
    expect([same(1, 1), same(1, 2), same(null, 1), same(1, null), same(null, null)]).toEqual([
      'yes',
      'no',
      'unknown',
      'unknown',
      'unknown',
    ])
  })

  it('every is as weak as its weakest part, some as strong as its strongest', () => {
    const order: readonly Tri[] = ['no', 'unknown', 'yes']
    for (const a of ALL_VALUES) {
      for (const b of ALL_VALUES) {
        expect(every(a, b)).toBe(order[Math.min(order.indexOf(a), order.indexOf(b))])
        expect(some(a, b)).toBe(order[Math.max(order.indexOf(a), order.indexOf(b))])
      }
    }
    expect([every(), some()]).toEqual(['yes', 'no'])
  })
})
