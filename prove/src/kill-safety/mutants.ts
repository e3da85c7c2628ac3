import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { changeBundle, copyBuild } from '../stage/builds.js'
import { randomOf } from '../random.js'
import { planOf } from './choose-trial.js'
import type { TrialPlan } from './trial-plan.js'
import { runBatch, type House } from './run-batch.js'

/** A position in the bundle, and the text to insert there. */
interface Edit {
  readonly from: RegExp
  readonly to: string
}

/** A bug that is put into a copy of the build. If the trials did not find it, they would prove nothing. */
interface Mutant {
  readonly name: string
  readonly edits: readonly Edit[]
  /** Returns whether a trial could find the bug; other trials are skipped. */
  readonly isFor: (plan: TrialPlan) => boolean
}

/** The version of the builds with bugs, equal to that of the build itself. */
const VERSION = '4.0.0'

const REPROOF: Edit = {
  from: /if \(!isSameProcess\(target, found\)\) return "identity_changed";/,
  to: '',
}

const factAlways = (fact: string, value: string): Edit => ({
  from: new RegExp(`^(\\t\\t${fact}: )(?!")[^\\n]+?,$`, 'm'),
  to: `$1"${value}",`,
})

const has = (plan: TrialPlan, kinds: RegExp, intents: RegExp): boolean =>
  plan.actors.some(({ kind }) => kinds.test(kind)) &&
  plan.commands.some(
    ({ intent, vantage, killedAfterMs }) =>
      intents.test(intent) && vantage === 'here' && killedAfterMs === null,
  )

const isRecycling = ({ disturbances }: TrialPlan): boolean =>
  disturbances.length === 3 && disturbances.every(({ isAfterLock }) => isAfterLock)

export const MUTANTS: readonly Mutant[] = [
  { name: 'no second proof before the signal', edits: [REPROOF], isFor: isRecycling },
  {
    name: 'a pid and a command line name a process, without its start time',
    edits: [
      { from: /found\.startTime === proof\.startTime && found\.executable/, to: 'found.executable' },
      {
        from: /found === void 0 \|\| found\.startTime !== null && found\.startTime !== startTime \? null/,
        to: 'found === void 0 ? null',
      },
    ],
    isFor: (plan) => isRecycling(plan) && plan.disturbances.some(({ what }) => what.includes('twin')),
  },
  {
    name: 'force does not ask whether another scope uses it',
    edits: [{ from: /spared\.inUseBy !== null \|\| /, to: '' }],
    isFor: (plan) =>
      plan.actors.some(({ scope }) => scope !== 'r0') &&
      has(plan, /^(old-recorded|own-live|old-used)/, /^force$/),
  },
  {
    name: "force does not spare another user's",
    edits: [{ from: /spared\.otherUser \|\| /, to: '' }],
    isFor: (plan) => has(plan, /^old-other-user/, /^force$/),
  },
  {
    name: 'a fork of a live daemon is not taken for a part of it',
    edits: [factAlways('part_of_singleton', 'no')],
    isFor: (plan) => has(plan, /^old-forked/, /^force$/),
  },
  {
    name: 'no record and no lock says that a daemon is in use',
    edits: [factAlways('singleton_named', 'no'), factAlways('singleton_here', 'no')],
    isFor: (plan) =>
      has(plan, /^(own-live|old-recorded|board-live|old-board-recorded)/, /^(reset|clean|force)/),
  },
  {
    name: "a predecessor's daemon is never starting",
    edits: [factAlways('in_startup_grace', 'no')],
    isFor: (plan) => !plan.isAged && has(plan, /^old-stale$/, /^reset$/),
  },
  {
    name: 'what the daemon says of itself need not agree',
    edits: [factAlways('report_agrees', 'yes')],
    isFor: (plan) => plan.isAged && has(plan, /^old-wrong-(report|port)/, /^reset$/),
  },
  {
    name: 'every daemon can be reached from everywhere',
    edits: [factAlways('reachable', 'yes')],
    isFor: (plan) =>
      plan.actors.some(({ kind, scope }) => /^(own-live|own-stale)$/.test(kind) && scope === 'r0') &&
      plan.commands.some(({ intent, vantage }) => vantage === 'network' && intent.startsWith('force')),
  },
]

/** The maximum number of trials for each bug. The first one that finds it is enough. */
const TRIALS_EACH = 120
const MOST_SEED = 2 ** 31

export interface Caught {
  readonly name: string
  /** The trial that found the bug, and what it reported; null if none did. */
  readonly by: { readonly seed: number; readonly why: string; readonly trials: number } | null
}

/** Runs trials against each bug until one reports a violation. */
export async function tryMutants(
  house: House,
  seed: number,
  say: (line: string) => void,
): Promise<readonly Caught[]> {
  const all: Caught[] = []
  for (const [index, mutant] of MUTANTS.entries()) {
    const caught = await tryMutant(house, mutant, index, seed)
    say(caught.by === null ? `NOT CAUGHT: ${mutant.name}` : `caught: ${mutant.name}: ${caught.by.why}`)
    all.push(caught)
  }
  return all
}

async function tryMutant(house: House, mutant: Mutant, index: number, seed: number): Promise<Caught> {
  const home = join(house.home, `mutant-${index}`)
  mkdirSync(home)
  const build = join(home, 'spec-kitty')
  copyBuild(build, VERSION)
  for (const { from, to } of mutant.edits) changeBundle(build, from, to)
  let by: Caught['by'] = null
  let trials = 0
  await runBatch({
    house,
    build,
    width: 2,
    seeds: seedsFor(mutant, seed + index),
    onResult: (result) => {
      trials++
      const why = 'error' in result ? undefined : result.wrongful[0]
      if (why !== undefined) by ??= { seed: result.seed, why, trials }
      return by === null
    },
  })
  return { name: mutant.name, by }
}

function seedsFor({ isFor }: Mutant, seed: number): readonly number[] {
  const random = randomOf(seed)
  const seeds: number[] = []
  while (seeds.length < TRIALS_EACH) {
    const next = random.below(MOST_SEED)
    if (isFor(planOf(next))) seeds.push(next)
  }
  return seeds
}
