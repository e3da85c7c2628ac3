import { describe, expect, it } from 'vitest'
import { columnOf, isLane } from '../../src/dashboard/project/lane-columns.js'
import { countColumns, progressOf } from '../../src/dashboard/project/mission-progress.js'
import { LANES } from '../helpers/projects.js'

/** The table of the specification: lane, column, weight. Null: not counted. */
const TABLE: readonly (readonly [lane: string, column: string | null, weight: number | null])[] = [
  ['genesis', null, null],
  ['planned', 'planned', 0],
  ['blocked', 'planned', 0],
  ['claimed', 'doing', 0.05],
  ['in_progress', 'doing', 0.3],
  ['for_review', 'for_review', 0.6],
  ['in_review', 'for_review', 0.7],
  ['approved', 'approved', 0.8],
  ['done', 'done', 1],
  ['canceled', 'done', null],
  ['teleported', null, 0],
  ['__proto__', null, 0],
  ['constructor', null, 0],
]

describe('lanes', () => {
  it('are all in the table', () => {
    expect(TABLE.slice(0, LANES.length).map(([lane]) => lane)).toEqual(LANES)
    expect(TABLE.map(([lane]) => isLane(lane))).toEqual(TABLE.map((_, at) => at < LANES.length))
  })

  it.each(TABLE)('%s stands in %s and weighs %s', (lane, column, weight) => {
    expect(columnOf(lane)).toBe(column)
    // Beside one package that is done, a package that counts halves the progress towards its own weight.
    expect(progressOf([lane, 'done'])).toBe(weight === null ? 1 : (weight + 1) / 2)
  })
})

describe('progress', () => {
  it.each([
    [[], null],
    [['genesis'], null],
    [[null, null], null],
    [['teleported', null], null],
    [['done', null], 0.5],
    [['genesis', 'planned'], 0],
    [['canceled'], null],
    [['canceled', 'canceled', null], 0],
    [['canceled', 'genesis'], null],
    [['canceled', 'done'], 1],
    [['canceled', 'planned'], 0],
    [['done', 'done', 'done'], 1],
    [['claimed', 'in_progress', 'for_review'], (0.05 + 0.3 + 0.6) / 3],
  ] as const)('of %j is %s', (lanes, progress) => {
    expect(progressOf(lanes)).toBe(progress)
  })

  it('counts every column, canceled as done, genesis nowhere', () => {
    expect(countColumns(LANES)).toEqual({ planned: 2, doing: 2, for_review: 2, approved: 1, done: 2 })
  })
})
