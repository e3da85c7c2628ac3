/** The part `protocol-replay`: see docs/proofs/protocol.md. */
import type { Failure, Order, Part, Result } from '../part.js'
import { randomOf } from '../random.js'
import { bundleProgram } from './bundle.js'
import { Automata } from './explore.js'
import { makeReplayer } from './replay.js'
import type { Scenario } from './world.js'

/** The scenarios that real processes repeat, one after the other. */
const SCENARIOS: readonly Scenario[] = [
  { name: '2 clients of one version, 1 crash', clients: [1, 1], crashes: 1, lates: 0 },
  { name: '2 clients of versions 1 and 2, 1 crash', clients: [1, 2], crashes: 1, lates: 0 },
  { name: '2 clients of versions 1 and 2, 1 crash, 1 wait too long', clients: [1, 2], crashes: 1, lates: 1 },
  { name: '3 clients of versions 1, 2 and 1, 1 crash', clients: [1, 2, 1], crashes: 1, lates: 0 },
]

const COUNT = { full: 1_000, short: 8 } as const

/** When this time is over, no further replay begins. On a busy machine, the figure is the number of replays done by then. */
const MINUTES = 17

/**
 * Each replay has its own ports, so that it cannot connect to a daemon of the previous one. The ports are below the range
 * from which Linux takes the ports of clients, each of which stays busy for a while after a request.
 */
const FIRST_PORT = 10_000
const PORTS_EACH = 10
const PLACES = 1_000

/** How many replays run at the same time. Each mostly waits for processes to start. */
const SIDE_BY_SIDE = { full: 8, short: 2 } as const

async function run({ seed, size, trials, say }: Order): Promise<Result> {
  const count = trials ?? COUNT[size]
  const automata = new Automata(await bundleProgram())
  const replayer = await makeReplayer(automata)
  const failures: Failure[] = []
  let [done, moves, crashes] = [0, 0, 0]
  const began = performance.now()
  const next = Array.from({ length: count }, (_, index) => index).values()
  const work = async (): Promise<void> => {
    for (const index of next) {
      if (performance.now() - began > MINUTES * 60_000) return
      const scenario = SCENARIOS[index % SCENARIOS.length] as Scenario
      const firstPort = FIRST_PORT + PORTS_EACH * ((seed + index) % PLACES)
      const result = await replayer.replay(scenario, randomOf(seed + index), firstPort)
      done += 1
      moves += result.moves
      crashes += result.crashes
      if (done % 50 === 0) say(`replayed ${done}`)
      if (result.divergence !== null)
        failures.push({ trial: `replay ${index} of seed ${seed}, ${scenario.name}`, why: result.divergence })
    }
  }
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE[size] }, work))
  } finally {
    replayer.end()
  }
  const diverged = failures.length
  return {
    figures: [
      { what: 'schedules replayed by real processes', value: done, goal: String(count), met: done === count },
      { what: 'effects compared', value: moves, goal: '', met: true },
      { what: 'processes ended by SIGKILL in the middle', value: crashes, goal: '', met: true },
      {
        what: 'replays in which an effect or its result differed',
        value: diverged,
        goal: '0',
        met: diverged === 0,
      },
    ],
    failures,
  }
}

export const PROTOCOL_REPLAY: Part = {
  id: 'protocol-replay',
  title: 'real processes do what the exploration of the protocol says, effect for effect',
  run,
}
