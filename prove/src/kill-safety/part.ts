import type { Failure, Order, Part, Result } from '../part.js'
import { randomOf } from '../random.js'
import { BUILD } from './builds.js'
import { makeHouse, runBatch, whyImpossible, type House } from './run.js'
import type { TrialResult } from './trial.js'

const FULL = 1_000
const SHORT = 12
/** So many trials work at once. Most of the time of each is waiting: for a silent listener, or for a process to end. */
const WIDTH = 5
const MOST_SEED = 2 ** 31

export const part: Part = {
  id: 'kill-safety',
  title: 'no command signals a process that it must not end, and every row of its report is what is so afterwards',
  run,
}

interface Sums {
  readonly results: TrialResult[]
  readonly failures: Failure[]
  broken: number
}

async function run(order: Order): Promise<Result> {
  const impossible = whyImpossible()
  if (impossible !== null) throw new Error(impossible)
  const house = makeHouse()
  try {
    return await runIn(house, order)
  } finally {
    house.end()
  }
}

async function runIn(house: House, order: Order): Promise<Result> {
  const count = order.trials ?? (order.size === 'full' ? FULL : SHORT)
  const began = Date.now()
  const sums: Sums = { results: [], failures: [], broken: 0 }
  await runBatch({
    ...{ house, build: BUILD, seeds: seedsOf(order.seed, count), width: WIDTH },
    onResult: (result) => {
      note(sums, result, order)
      return true
    },
  })
  return resultOf(sums, count, Math.round((Date.now() - began) / 1000))
}

/** The first trial has the seed itself, so that one trial can be run again by its own seed. */
export function seedsOf(seed: number, count: number): readonly number[] {
  const random = randomOf(seed)
  return [seed, ...Array.from({ length: count - 1 }, () => random.below(MOST_SEED))]
}

function note(sums: Sums, result: TrialResult | { readonly seed: number; readonly error: string }, order: Order): void {
  const { say } = order
  const trial = `--seed ${result.seed} --trials 1`
  const fail = (why: string): void => {
    say(`${trial}: ${why}`)
    sums.failures.push({ trial, why })
  }
  if ('error' in result) {
    sums.broken++
    return fail(`could not be done: ${result.error}`)
  }
  sums.results.push(result)
  for (const what of result.wrongful) fail(`WRONGFUL: ${what}`)
  for (const what of result.differing) fail(`differs: ${what}`)
  for (const what of result.left) fail(`left: ${what}`)
  if (order.trials === 1) for (const line of result.story) order.say(line)
  if (sums.results.length % 50 === 0) say(`${sums.results.length} trials`)
}

function resultOf({ results, failures, broken }: Sums, count: number, seconds: number): Result {
  const sum = (of: (result: TrialResult) => number): number => results.reduce((all, one) => all + of(one), 0)
  const counted = (what: string, value: number) => ({ what, value, goal: '', met: true })
  const none = (what: string, value: number) => ({ what, value, goal: '0', met: value === 0 })
  return {
    figures: [
      { what: 'trials', value: results.length, goal: `>= ${count}`, met: results.length >= count },
      counted('of them with a stage older than 30 s', results.filter(({ isAged }) => isAged).length),
      counted('processes on stage', sum(({ processes }) => processes)),
      counted('commands', sum(({ commands }) => commands)),
      counted('commands that were killed half-way', sum(({ killed }) => killed)),
      counted('disturbances while a command ran', sum(({ disturbances }) => disturbances)),
      counted('pids given to an innocent process', sum(({ recycled }) => recycled)),
      counted('signals sent', sum(({ signals }) => signals)),
      counted('processes ended by commands', sum(({ ended }) => ended)),
      none('wrongful signals and ends', sum(({ wrongful }) => wrongful.length)),
      counted('rows compared', sum(({ rows }) => rows)),
      none('rows that differed', sum(({ differing }) => differing.length)),
      none('processes left that had to be ended', sum(({ left }) => left.length)),
      none('trials that could not be done', broken),
      counted('seconds', seconds),
    ],
    failures,
  }
}
