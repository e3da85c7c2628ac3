import type { Random } from '../random.js'
import { ACTIONS, type Action } from './actions.js'
import { errorsOf, type Call } from './calls.js'
import { HARDSHIPS, type Hardship } from './hardships.js'

/** One trial: an action, and the fault that affects it. */
export type Trial = {
  /** A name that does not depend on the seed. */
  readonly name: string
  readonly action: Action
} & (
  | { readonly kind: 'call'; readonly call: Call; readonly fault: string }
  | { readonly kind: 'hardship'; readonly hardship: Hardship; readonly value: number }
)

export interface Plan {
  readonly trials: readonly Trial[]
  /** How many trials there would be without a limit. */
  readonly possible: number
  /** How many of the calls concern our files, sockets, children and signals. */
  readonly ours: number
  /** How many calls the actions make. */
  readonly calls: number
}

/** How many of the calls that do not concern us are tried for each action. */
const REST = 300

export interface Wanted {
  readonly trials: number
  readonly size: 'full' | 'short'
  readonly only: string
}

/** Chooses the trials: every call that concerns us and a sample of the others, each once with SIGKILL and once with an error. */
export function planOf(calls: ReadonlyMap<string, readonly Call[]>, random: Random, wanted: Wanted): Plan {
  const found = ACTIONS.flatMap((action) => {
    const all = calls.get(action.id) ?? []
    const ours = all.filter(({ isOurs }) => isOurs)
    const rest = shuffled(
      all.filter(({ isOurs }) => !isOurs),
      random,
    ).slice(0, REST)
    return [...ours, ...rest].flatMap((call) => trialsOf(action, call, random))
  })
  const hardships = wanted.size === 'full' ? HARDSHIPS : HARDSHIPS.filter(({ id }) => id !== 'suspended-long')
  const hard = hardships.flatMap((hardship) => hardshipTrials(hardship, random, wanted))
  const isRest = (trial: Trial): boolean => trial.kind === 'call' && !trial.call.isOurs
  const chosen = shuffled([...found, ...hard], random).filter(({ name }) => name.includes(wanted.only))
  const all = mixed(
    chosen.filter((trial) => !isRest(trial)),
    chosen.filter(isRest),
  )
  const some = [...calls.values()].flat()
  return {
    trials: all.slice(0, wanted.trials),
    possible: all.length,
    ours: some.filter(({ isOurs }) => isOurs).length,
    calls: some.length,
  }
}

function trialsOf(action: Action, call: Call, random: Random): readonly Trial[] {
  return ['SIGKILL', random.pick(errorsOf(call.name))].map((fault) => ({
    kind: 'call' as const,
    name: `${action.id} ${call.name}#${call.nth} ${fault}`,
    action,
    call,
    fault,
  }))
}

function hardshipTrials(hardship: Hardship, random: Random, { size }: Wanted): readonly Trial[] {
  const values = size === 'full' ? hardship.values : [random.pick(hardship.values)]
  const actions = ACTIONS.filter(({ id }) => hardship.actions.includes(id))
  const chosen = size === 'full' ? actions : [random.pick(actions)]
  return chosen.flatMap((action) =>
    values.map((value) => ({
      kind: 'hardship' as const,
      name: `${action.id} ${hardship.id} ${value}`,
      action,
      hardship,
      value,
    })),
  )
}

/** A trial on a call that Node makes for itself follows so many trials on calls of ours: a limited run mostly tests ours. */
const MAIN_SHARE = 4

function mixed<T>(main: readonly T[], rest: readonly T[]): readonly T[] {
  const woven = main.flatMap((one, index) => {
    const other = (index + 1) % MAIN_SHARE === 0 ? rest[(index + 1) / MAIN_SHARE - 1] : undefined
    return other === undefined ? [one] : [one, other]
  })
  return [...woven, ...rest.slice(Math.floor(main.length / MAIN_SHARE))]
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const all = list.map((one) => [random.below(2 ** 31), one] as const)
  return all.toSorted(([a], [b]) => a - b).map(([, one]) => one)
}
