import type { Failure, Figure, Order, Part, Result } from '../part.js'
import { randomOf } from '../random.js'
import { BUILT } from '../stage/builds.js'
import { tryMutants, type Caught } from './mutants.js'
import { planOf } from './choose-trial.js'
import { makeHouse, runBatch, whyImpossible, type House } from './run-batch.js'
import type { TrialResult } from './trial.js'

const FULL = 1_000
const SHORT = 12
/**
 * How many trials run at the same time. Most of a trial is waiting, for a silent listener or for a process to end. With
 * more trials, healthy daemons would miss the half second in which they have to answer.
 */
const WIDTH = { full: 4, short: 1 } as const
const MOST_SEED = 2 ** 31
/** The maximum percentage of rulings that leave the result open. */
const OPEN_PERCENT = 10

/** The minimum number of rulings for which a percentage is meaningful: four trials make about twenty. */
const ENOUGH_RULINGS = 500

function openFigure(open: number, rulings: number): Figure {
  const figure = {
    what: 'rulings that leave it open whether a process may end, of all',
    value: `${open} of ${rulings}`,
  }
  if (rulings < ENOUGH_RULINGS) return { ...figure, goal: '', met: true }
  return { ...figure, goal: `<= ${OPEN_PERCENT} %`, met: open * 100 <= OPEN_PERCENT * rulings }
}
const FORGIVEN_PERCENT = 1

export const part: Part = {
  id: 'kill-safety',
  title:
    'no command signals a process that it must not end, and every row of its report is what is so afterwards',
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
  const hasFaults = order.size === 'full' && order.trials === null
  const [faults] = await Promise.all([
    hasFaults ? tryMutants(house, order.seed, order.say) : [],
    runBatch({
      house,
      build: BUILT,
      seeds: seedsOf(order, count),
      width: WIDTH[order.size],
      onResult: (result) => {
        note(sums, result, order)
        return true
      },
    }),
  ])
  const seconds = Math.round((Date.now() - began) / 1000)
  return resultOf(sums, count, seconds, faults)
}

/**
 * The first trial uses the seed itself, so that a single trial can be repeated by its own seed. In the short version the
 * trials do not wait for daemons to grow old, because that would take half a minute.
 */
function seedsOf({ seed, size, trials }: Order, count: number): readonly number[] {
  if (trials === 1) return [seed]
  const random = randomOf(seed)
  const seeds: number[] = []
  for (let next = seed; seeds.length < count; next = random.below(MOST_SEED))
    if (size === 'full' || !planOf(next).isAged) seeds.push(next)
  return seeds
}

function note(
  sums: Sums,
  result: TrialResult | { readonly seed: number; readonly error: string },
  order: Order,
): void {
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
  if (order.trials === 1 || result.wrongful.length + result.differing.length > 0)
    for (const line of result.story) order.say(line)
  if (sums.results.length % 50 === 0) say(`${sums.results.length} trials`)
}

/** In a few trials, no pid may be reassigned at all. */
function recycledFigure(value: number, trials: number): Figure {
  const isMany = trials >= 100
  return {
    what: 'pids given to an innocent process',
    value,
    goal: isMany ? '> 0' : '',
    met: !isMany || value > 0,
  }
}

/**
 * The forgiven failures, each with its reason. All but the last count only if an independent witness saw a busy machine
 * (lateness.ts); on a quiet machine they remain failures.
 */
function forgivenFigures(results: readonly TrialResult[]): readonly Figure[] {
  const sum = (of: (result: TrialResult) => number): number => results.reduce((all, one) => all + of(one), 0)
  const forgiven = (why: string, value: number): Figure => {
    const most = Math.ceil((results.length * FORGIVEN_PERCENT) / 100)
    return { what: `forgiven: ${why}`, value, goal: `<= ${most}`, met: value <= most }
  }
  return [
    forgiven(
      'ended with force, of its own scope, because it did not answer in time on a busy machine',
      sum(({ forcedInSilence }) => forcedInSilence),
    ),
    forgiven(
      'left, because it did not answer or end in time on a busy machine',
      sum(({ unanswered }) => unanswered),
    ),
    forgiven(
      'called failed, and ended a moment later on a busy machine',
      sum(({ late }) => late),
    ),
    forgiven(
      'left, because an earlier command closed its port and was killed',
      sum(({ closedBefore }) => closedBefore),
    ),
  ]
}

function resultOf(
  { results, failures, broken }: Sums,
  count: number,
  seconds: number,
  faults: readonly Caught[],
): Result {
  const caught = faults.filter(({ by }) => by !== null)
  const sum = (of: (result: TrialResult) => number): number => results.reduce((all, one) => all + of(one), 0)
  const counted = (what: string, value: number) => ({ what, value, goal: '', met: true })
  const none = (what: string, value: number) => ({ what, value, goal: '0', met: value === 0 })
  return {
    figures: [
      { what: 'trials', value: results.length, goal: `>= ${count}`, met: results.length >= count },
      counted('of them with a stage older than 30 s', results.filter(({ isAged }) => isAged).length),
      counted(
        'processes on stage',
        sum(({ processes }) => processes),
      ),
      counted(
        'commands',
        sum(({ commands }) => commands),
      ),
      counted(
        'commands that were killed half-way',
        sum(({ killed }) => killed),
      ),
      counted(
        'disturbances while a command ran',
        sum(({ disturbances }) => disturbances),
      ),
      recycledFigure(
        sum(({ recycled }) => recycled),
        count,
      ),
      counted(
        'signals sent',
        sum(({ signals }) => signals),
      ),
      counted(
        'processes ended by commands',
        sum(({ ended }) => ended),
      ),
      none(
        'wrongful signals and ends',
        sum(({ wrongful }) => wrongful.length),
      ),
      counted(
        'signals overtaken: the pid was given away after the last look',
        sum(({ overtaken }) => overtaken.length),
      ),
      counted(
        'the longest time from that look to the signal, ms',
        Math.ceil(Math.max(0, ...results.flatMap(({ overtaken }) => overtaken))),
      ),
      counted(
        'rows compared',
        sum(({ rows }) => rows),
      ),
      none(
        'rows that differed',
        sum(({ differing }) => differing.length),
      ),
      none(
        'processes left that had to be ended',
        sum(({ left }) => left.length),
      ),
      openFigure(
        sum(({ openRulings }) => openRulings),
        sum(({ rulings }) => rulings),
      ),
      counted(
        'trials in which the machine was seen to be busy',
        results.filter(({ isBusy }) => isBusy).length,
      ),
      ...forgivenFigures(results),
      none('trials that could not be done', broken),
      counted('seconds', seconds),
      ...(faults.length === 0
        ? []
        : [
            counted('faults put into a copy of the build', faults.length),
            {
              what: 'of them caught',
              value: caught.length,
              goal: `${faults.length}`,
              met: caught.length === faults.length,
            },
          ]),
    ],
    failures,
  }
}
