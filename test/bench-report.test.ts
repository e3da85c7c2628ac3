import { expect, test } from 'vitest'
import { ROWS } from '../bench/doctor-rows.mjs'
import { keyOf } from '../bench/measure-rows.mjs'
import { BY_HAND, figureOf, lineOf, verdictsOf } from '../bench/report.mjs'

const missed = { id: 'M2', what: 'doctor / floor', figure: '3.95', target: '<= 2.5 x', met: false }
const byHand = { id: 'M2', what: `${BY_HAND} / floor`, figure: '2.61', target: '', met: null }
const other = { id: 'M2', what: '  beside it: lsof / floor', figure: '9.99', target: '', met: null }

test('a missed target that the script by hand misses too says so', () => {
  expect(verdictsOf([missed, byHand])).toEqual(['**no** (by hand 2.61)', ''])
  expect(verdictsOf([missed, other, byHand])).toEqual(['**no** (by hand 2.61)', '', ''])
})

test('a missed target that can be met by hand is only missed', () => {
  expect(verdictsOf([missed, { ...byHand, figure: '2.50' }])).toEqual(['**no**', ''])
  expect(verdictsOf([missed, other])).toEqual(['**no**', ''])
})

test('a target that is met stays met, whatever the script by hand takes', () => {
  const met = { ...missed, figure: '2.4', met: true }
  expect(verdictsOf([met, byHand])).toEqual(['yes', ''])
})

test('the script by hand explains only the last row before it that has a target', () => {
  const first = { ...missed, what: 'another', target: '<= 1.5 x' }
  expect(verdictsOf([first, missed, byHand])).toEqual(['**no**', '**no** (by hand 2.61)', ''])
  expect(verdictsOf([{ ...missed, id: 'M1' }, byHand])).toEqual(['**no**', ''])
})

test('a figure in ms is compared with a target in ms', () => {
  const warm = { id: 'M5', what: 'warm connect, ms', figure: '1.33', target: '<= 0.5 ms', met: false }
  const hand = { id: 'M5', what: 'beside it: by hand, ms', figure: '1.05', target: '', met: null }
  expect(verdictsOf([warm, hand])).toEqual(['**no** (by hand 1.05)', ''])
})

test('each target of the doctor has a row by hand, but the bounded time of M4 and the ratio of M8', () => {
  const samples = new Map(ROWS.map(({ per }) => [keyOf(per), [1]]))
  for (const { of } of ROWS) samples.set(keyOf(of), [1_000_000])
  const lines = ROWS.flatMap((row) => lineOf(row, samples) ?? [])
  const verdicts = verdictsOf(lines.map((line) => ({ ...line, figure: figureOf(line) })))
  const unexplained = lines.filter((_, at) => verdicts[at] === '**no**')
  expect(unexplained.map(({ id, what }) => `${id} ${what}`)).toEqual([
    'M4 doctor, 50 silent, dripping, flooding / nothing',
    'M8 reset of 18 that ignore SIGTERM / of one',
  ])
})
