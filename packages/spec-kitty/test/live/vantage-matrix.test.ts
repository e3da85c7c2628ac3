import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { times, timeoutFor } from '../../../familiar/test/helpers/counts.js'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { seeded } from '../../../familiar/test/helpers/random.js'
import { nameOf, runCell, type Outcome } from './vantage-cells.js'
import { cellsOf, choose, tableOf } from './vantage-choice.js'
import { startFleet, type Fleet } from './vantage-fleet.js'
import { makePlaces, type Places } from './vantage-places.js'

/**
 * Every entry point that can end something, from every place that a command may be run from, before a fleet of daemons
 * that are live, stale, recorded elsewhere, or out of reach. A seeded choice of cells, or with FAMILIAR_FULL=1 all.
 */
let fleet: Fleet
let places: Places

const CHOSEN = 8
const COUNT = times(CHOSEN, Number.POSITIVE_INFINITY)
const MOST_CELLS = 2_000

/** How long a daemon that a command has started is watched for what it must not do. */
const SETTLE_MS = times(1_500, 3_000)

/** `2/3`: the second third of the cells, for rows side by side, each in a network of its own. */
const [PART = 1, PARTS = 1] = (process.env['FAMILIAR_PART'] ?? '1/1').split('/').map(Number)

/** Only the cells whose `vantage | entry point` matches this: to look at one fault again. */
const ONLY = new RegExp(process.env['FAMILIAR_ONLY'] ?? '')

beforeAll(async () => {
  fleet = await startFleet()
  places = makePlaces(fleet)
}, 120_000)

afterAll(async () => {
  places?.end()
  await fleet?.end()
})

function chosen(random: () => number) {
  const all = cellsOf(places.vantages)
  const named = all.filter((cell) => ONLY.test(`${cell.vantage.name} | ${nameOf(cell)}`))
  const mine = named.filter((_, index) => index % PARTS === PART - 1)
  return choose(mine, Math.min(COUNT, mine.length), random)
}

describe('every entry point from every vantage', () => {
  it(
    'ends nothing wrongly, and commands do not contradict each other',
    async () => {
      const { seed, random } = seeded('live/vantage-matrix')
      const outcomes: Outcome[] = []
      try {
        for (const cell of chosen(random)) outcomes.push(await runCell(cell, fleet, places, SETTLE_MS))
      } finally {
        print(outcomes, seed)
      }
      expect(KEYS.flatMap((key) => told(outcomes, key))).toEqual([])
    },
    timeoutFor(times(CHOSEN, MOST_CELLS), 10_000),
  )
})

/** What there must be none of. */
const KEYS = ['wrongful', 'contradictions', 'faults'] as const

function told(outcomes: readonly Outcome[], key: (typeof KEYS)[number]) {
  return outcomes.flatMap((one) => one[key].map((what) => `${one.vantage} | ${one.entry} | ${what}`))
}

function print(outcomes: readonly Outcome[], seed: number): void {
  const { vantages, skipped } = places
  const total = cellsOf(vantages).length
  for (const why of [...skipped, ...fleet.skipped]) console.log(`SKIPPED: ${why}`)
  figure(
    [
      `${vantages.length} vantages, ${fleet.victims.size} victims: ${total} cells, ${outcomes.length} of them run (FAMILIAR_SEED=${seed})`,
      tableOf(outcomes),
      ...KEYS.flatMap((key) => told(outcomes, key).map((what) => `${key}: ${what}`)),
    ].join('\n'),
  )
}
