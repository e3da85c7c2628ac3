import { describe, expect, it } from 'vitest'
import { didYouMean, distance, nearest, nearestCommands } from '../../src/cli/nearest.js'
import { typosOf } from '../helpers/typos.js'

describe('the distance of two words', () => {
  it.each([
    ['status', 'status', 0],
    ['Status', 'sta-tus', 0],
    ['stauts', 'status', 1],
    ['statu', 'status', 1],
    ['statuus', 'status', 1],
    ['ststus', 'status', 1],
    ['', 'now', 3],
    ['restart', 'start', 2],
    ['kitten', 'sitting', 3],
  ])('%s and %s: %d', (left, right, away) => {
    expect(distance(left, right)).toBe(away)
    expect(distance(right, left)).toBe(away)
  })
})

const WORDS = ['start', 'stop', 'restart', 'status', 'logs', 'doctor', 'now', 'help', 'opt-in', 'opt-out']

describe('the nearest word', () => {
  it.each(WORDS)('of every slip in %s is found', (word) => {
    for (const typo of typosOf(word))
      expect([typo, nearest(typo, WORDS)]).toEqual([typo, expect.arrayContaining([word])])
  })

  it('is none for what is far from all of them', () => {
    for (const word of ['render', 'x', 'sub-scribe', ''])
      expect([word, nearest(word, WORDS)]).toEqual([word, []])
  })
})

const COMMANDS = [
  'sync',
  'sync status',
  'sync start',
  'sync queue',
  'sync queue retry',
  'auth',
  'auth status',
  'auth login',
  'doctor',
  'auth doctor',
  'dashboard clean-up',
]

describe('the nearest command', () => {
  it.each([
    ['synch status', ['sync status']],
    ['status sync', ['sync status']],
    ['status', ['sync status', 'auth status']],
    ['doctor auth', ['auth doctor']],
    ['sync login', ['auth login']],
    ['sync queue retr E1 E2', ['sync queue retry']],
    ['sync retry queue', ['sync queue retry']],
    ['queue retry', ['sync queue retry']],
    ['sync-status', ['sync status']],
    ['dashboard clean up', ['dashboard clean-up']],
    ['sync stat', ['sync status', 'sync start']],
    ['frobnicate', []],
  ])('of %s', (typed, meant) => {
    expect(nearestCommands(typed.split(' '), COMMANDS)).toEqual(meant)
  })

  it.each([
    ['ten thousand words', Array.from({ length: 10_000 }, () => 'x')],
    ['a word of a megabyte', ['x'.repeat(1_000_000)]],
    ['ten thousand long words', Array.from({ length: 10_000 }, () => 'status'.repeat(100))],
    ['a command of a megabyte', ['sync', 'status', 'status'.repeat(100_000)]],
  ])('of %s is found at once, or there is none', (_, typed) => {
    expect(nearestCommands(typed, COMMANDS).length).toBeLessThanOrEqual(3)
    expect(nearest(typed.join(' '), COMMANDS)).toEqual([])
  })

  it('is asked for in one sentence', () => {
    expect(didYouMean([])).toBe('')
    expect(didYouMean(['a'])).toBe(": did you mean 'a'?")
    expect(didYouMean(['a', 'b', 'c'])).toBe(": did you mean 'a', 'b' or 'c'?")
  })
})
