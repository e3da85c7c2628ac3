import { describe, expect, it } from 'vitest'
import { PLAN, planFor, type Action, type Intent, type Spared } from '../../src/classify/plan.js'
import type { CleanupClass } from '../../src/classify/class-and-reason.js'

/** The table of section "Acting", written a second time. */
const CELLS: readonly (readonly [CleanupClass, Intent, Action])[] = [
  ['safe_auto', 'scan', 'show'],
  ['safe_auto', 'startup_clean', 'retire'],
  ['safe_auto', 'reset', 'retire'],
  ['safe_auto', 'reset_force', 'retire'],
  ['operator_required', 'scan', 'show'],
  ['operator_required', 'startup_clean', 'leave'],
  ['operator_required', 'reset', 'skip'],
  ['operator_required', 'reset_force', 'retire_if_proven'],
  ['never_touch', 'scan', 'show'],
  ['never_touch', 'startup_clean', 'leave'],
  ['never_touch', 'reset', 'leave'],
  ['never_touch', 'reset_force', 'leave'],
]

const NOT_SPARED: Spared = { otherUser: false, inUseBy: null, unreachable: false, elsewhere: false }
const SPARED: readonly Spared[] = [
  { ...NOT_SPARED, otherUser: true },
  { ...NOT_SPARED, inUseBy: '/home/eve/.spec-kitty' },
  { ...NOT_SPARED, unreachable: true },
  { ...NOT_SPARED, elsewhere: true },
  { otherUser: true, inUseBy: '/home/eve/.spec-kitty', unreachable: true, elsewhere: true },
]

describe('planFor', () => {
  it.each(CELLS)('%s on %s: %s', (cleanupClass, intent, action) => {
    expect(planFor(cleanupClass, intent, NOT_SPARED)).toBe(action)
    expect(PLAN[cleanupClass][intent]).toBe(action)
  })

  it.each(CELLS)('%s on %s: sparing takes away force, and nothing else', (cleanupClass, intent, action) => {
    const expected = action === 'retire_if_proven' ? 'skip' : action
    for (const spared of SPARED) expect(planFor(cleanupClass, intent, spared)).toBe(expected)
  })

  it('has no other cell', () => {
    const cells = Object.entries(PLAN).flatMap(([cleanupClass, row]) =>
      Object.entries(row).map(([intent, action]) => [cleanupClass, intent, action]),
    )
    expect(cells).toEqual(CELLS)
  })

  it('signals nothing on a scan and nothing that is never_touch', () => {
    const signalling = CELLS.filter(([, , action]) => action.startsWith('retire'))
    expect(
      signalling.filter(([cleanupClass, intent]) => intent === 'scan' || cleanupClass === 'never_touch'),
    ).toEqual([])
  })
})
