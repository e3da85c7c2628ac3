/** The part `protocol`: see docs/proofs/protocol.md. */
import type { Failure, Figure, Order, Part, Result } from '../part.js'
import { randomOf, type Random } from '../random.js'
import { bundleProgram } from './bundle.js'
import { Automata, explore, walk, type Explored } from './explore.js'
import { MUTANTS, type Mutant } from './mutants.js'
import { sizeOf, told } from './trace-words.js'
import type { Scenario } from './world.js'

const TWO: Scenario = { name: '2 clients of one version, 1 crash', clients: [1, 1], crashes: 1, lates: 0 }

const SHORT: readonly Scenario[] = [TWO]

/** The scenarios that are explored completely. */
const FULL: readonly Scenario[] = [
  TWO,
  { name: '2 clients of versions 1 and 2, 1 crash, 1 wait too long', clients: [1, 2], crashes: 1, lates: 1 },
  { name: '2 clients of versions 1 and 2, 2 crashes', clients: [1, 2], crashes: 2, lates: 0 },
  {
    name: 'a daemon of version 1, 2 clients of version 2, 1 crash, its pid used again',
    clients: [1, 2, 2],
    isWarm: true,
    crashes: 1,
    lates: 0,
    reuses: 1,
  },
  {
    name: 'a daemon of version 1, 1 client of version 2, 1 crash, 1 wait too long',
    clients: [1, 2],
    isWarm: true,
    crashes: 1,
    lates: 1,
  },
  {
    name: '2 clients of one version, 1 crash, daemons that tick',
    clients: [1, 1],
    crashes: 1,
    lates: 0,
    ticks: true,
  },
  {
    name: '2 clients of versions 1 and 2, 1 crash, 2 daemons retire (R2, R3 or R4)',
    clients: [1, 2],
    crashes: 1,
    lates: 0,
    retirements: 2,
    ticks: true,
  },
  {
    name: 'a daemon of version 1, 2 clients of version 1, it retires, 1 wait too long',
    clients: [1, 1, 1],
    isWarm: true,
    crashes: 0,
    lates: 1,
    retirements: 1,
  },
  { name: '3 clients of versions 1, 1 and 2, no crash', clients: [1, 1, 2], crashes: 0, lates: 0 },
  { name: '3 clients of versions 1, 2 and 1, 1 crash', clients: [1, 2, 1], crashes: 1, lates: 0 },
]

/** The scenarios that are too large to be explored completely and are sampled instead. */
const SAMPLED: Scenario = {
  name: '3 clients of versions 1, 2 and 1, 3 crashes, 2 waits too long',
  clients: [1, 2, 1],
  crashes: 3,
  lates: 2,
}

const SIZES = {
  full: { walks: 10_000, pairs: 200, seconds: 270 },
  short: { walks: 100, pairs: 10, seconds: 60 },
} as const

/** The bugs that are found within a few hundred states. */
const SHORT_MUTANTS: ReadonlySet<string> = new Set(['adopted-ended', 'downgrade', 'lock-left-first'])

interface Tried {
  readonly figures: Figure[]
  readonly failures: Failure[]
}

async function run({ seed, size, say }: Order): Promise<Result> {
  const random = randomOf(seed)
  const tried: Tried = { figures: [], failures: [] }
  const automata = new Automata(await bundleProgram())
  for (const scenario of size === 'full' ? FULL : SHORT) {
    say(`exploring: ${scenario.name}`)
    const began = process.cpuUsage()
    const result = await explore(automata, scenario, { order: 'depth', seconds: SIZES[size].seconds })
    const { user, system } = process.cpuUsage(began)
    await noteExplored(tried, automata, scenario, result, (user + system) / 1e6)
  }
  await tryWalks(tried, automata, random, SIZES[size].walks)
  await tryMerges(tried, automata, random, SIZES[size].pairs)
  const mutants = size === 'full' ? MUTANTS : MUTANTS.filter(({ id }) => SHORT_MUTANTS.has(id))
  await tryMutants(tried, mutants, say)
  return tried
}

async function noteExplored(
  { figures, failures }: Tried,
  automata: Automata,
  scenario: Scenario,
  result: Explored,
  seconds: number,
): Promise<void> {
  const { found, isComplete } = result
  const value = `${sizeOf(result)}, ${seconds.toFixed(1)} s of processor time: ${isComplete ? 'complete' : 'not complete'}`
  figures.push({ what: scenario.name, value, goal: 'complete, no violation', met: isComplete })
  if (found === null) return
  const lines = await told(automata, scenario, found.trace)
  failures.push({ trial: scenario.name, why: [found.why, ...lines].join('\n  ') })
}

async function tryWalks(
  { figures, failures }: Tried,
  automata: Automata,
  random: Random,
  count: number,
): Promise<void> {
  const { walks, moves, found } = await walk(automata, SAMPLED, random, count)
  figures.push({
    what: `sampled: ${SAMPLED.name}`,
    value: `${walks} walks, ${moves} moves`,
    goal: 'no violation',
    met: found === null,
  })
  if (found === null) return
  const lines = await told(automata, SAMPLED, found.trace)
  failures.push({ trial: SAMPLED.name, why: [found.why, ...lines].join('\n  ') })
}

async function tryMerges(
  { figures, failures }: Tried,
  automata: Automata,
  random: Random,
  count: number,
): Promise<void> {
  let [pairs, different] = [0, 0]
  for (const automaton of automata.all()) {
    const checked = await automaton.check(random, count)
    pairs += checked.pairs
    different += Number(checked.different !== null)
    if (checked.different !== null)
      failures.push({ trial: 'states taken for the same', why: checked.different })
  }
  figures.push({
    what: 'pairs of histories taken for the same state, continued side by side',
    value: pairs,
    goal: 'same effects',
    met: different === 0,
  })
}

async function tryMutants(
  { figures, failures }: Tried,
  mutants: readonly Mutant[],
  say: Order['say'],
): Promise<void> {
  let caught = 0
  for (const mutant of mutants) {
    const automata = new Automata(await bundleProgram(mutant.edits))
    const { found } = await explore(automata, mutant.scenario, { order: 'breadth', seconds: 120 })
    if (found === null) {
      failures.push({ trial: `fault ${mutant.id}`, why: `${mutant.what}: not noticed` })
      continue
    }
    caught += 1
    say(`fault ${mutant.id}: ${found.why}, after ${found.trace.length} moves`)
    for (const line of await told(automata, mutant.scenario, found.trace)) say(`  ${line}`)
  }
  figures.push({
    what: 'seeded faults noticed',
    value: `${caught} of ${mutants.length}`,
    goal: 'all',
    met: caught === mutants.length,
  })
}

export const PROTOCOL: Part = {
  id: 'protocol',
  title: 'no schedule of clients, daemons and crashes leads to two daemons, a wrong end, or a wait for ever',
  run,
}
