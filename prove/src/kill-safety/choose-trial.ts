import { randomOf, type Random } from '../random.js'
import {
  BOARD_KINDS,
  DISTURBANCES,
  STRANGER_KINDS,
  SYNC_KINDS,
  VANTAGES,
  type ActorKind,
  type ActorPlan,
  type CommandPlan,
  type DisturbancePlan,
  type FamilyName,
  type Intent,
  type TrialPlan,
} from './trial-plan.js'

const HERE = { sync: 'r0', dashboard: 'p0' } as const
const ROOTS = ['r0', 'r0', 'r0', 'r1', 'r2'] as const
const PROJECTS = ['p0', 'p0', 'p1', 'p2'] as const
const VERSIONS = ['3.2.0', '3.2.2', '3.2.3', '3.2.4', '3.2.5'] as const
const BEFORE_MARKERS = ['3.1.9', '3.2.0rc1'] as const
const AGED_PERCENT = 45

/** The percentage of trials that only test a pid that is given to another process just before the signal. */
const RECYCLING_PERCENT = 8

export function planOf(seed: number): TrialPlan {
  const random = randomOf(seed)
  return random.chance(RECYCLING_PERCENT) ? recyclingOf(seed, random) : mixedOf(seed, random)
}

/** The victims in trials about recycled pids: one kind for each way in which force ends a daemon. */
const VICTIMS: readonly ActorKind[] = [
  'old-stale',
  'old-stale',
  'old-stale-stopped',
  'old-stale-stubborn',
  'old-before-markers',
  'own-stale',
]

/** Returns a trial in which a forced clean-up is about to end daemons while their pids are given to innocent processes. */
function recyclingOf(seed: number, random: Random): TrialPlan {
  const ports = portsFrom(random, 9400, 50)
  const actors = Array.from({ length: 3 }, (_, index): ActorPlan => {
    const kind = random.pick(VICTIMS)
    const version = kind === 'old-before-markers' ? '3.1.9' : random.pick(VERSIONS)
    const port = ports[index] ?? 0
    const sparePort = spareOf(ports, index)
    return { id: `${index}:${kind}@r0`, kind, family: 'sync', scope: 'r0', port, sparePort, version }
  })
  const command = { intent: 'force', scope: 'r0', vantage: 'here', port: null } as const
  const way = { isAfter: true, delayMs: 0, killedAfterMs: null, liar: null }
  const disturbances = actors.map(({ id }): DisturbancePlan => ({
    what: random.pick(RECYCLINGS),
    actor: id,
    command: 0,
    isAfterLock: true,
    // Most of them fall between the lock and the last signal of the command, which then takes less than 200 ms.
    afterMs: random.below(random.chance(80) ? 200 : 1_500),
  }))
  return { seed, isAged: false, actors, commands: [{ ...command, ...way }], disturbances }
}

const RECYCLINGS = ['recycle', 'recycle-twin', 'recycle-while-stopped', 'recycle-twin-while-stopped'] as const

function mixedOf(seed: number, random: Random): TrialPlan {
  const main: FamilyName = random.chance(68) ? 'sync' : 'dashboard'
  const isAged = random.chance(AGED_PERCENT)
  const actors = actorsOf(random, main)
  const commands = commandsOf(random, main, actors)
  return { seed, isAged, actors, commands, disturbances: disturbancesOf(random, actors, commands) }
}

/** Each of these kinds needs an interpreter and a namespace, so a stage has at most one of them. */
const COSTLY = new Set<ActorKind>(['own-in-pids', 'own-in-time'])

/** Kinds that claim to be the scope's daemon by a record or a lock of ours. A scope has at most one of them. */
const OWN_SINGLETONS = new Set<ActorKind>([
  'own-live',
  'own-older',
  'own-wedged',
  'own-in-pids',
  'own-in-time',
  'sleep-named-by-record',
  'sleep-named-by-lock',
  'sleep-named-for-the-future',
  'sleep-named-from-elsewhere',
  'pid-one-named-by-record',
  'zombie',
  'board-live',
  'board-older',
  'board-wedged',
])

/** Kinds that claim to be the scope's daemon by a predecessor's record. */
const OLD_SINGLETONS = new Set<ActorKind>([
  'old-recorded',
  'old-recorded-stopped',
  'old-before-markers-recorded',
  'old-before-markers-copied',
  'old-record-without-pid',
  'old-record-with-wrong-pid',
  'old-forked',
  'old-forked-without-pid',
  'old-through-link',
  'old-used-by-environment',
  'old-used-untold',
  'old-used-by-bytes',
  'old-in-network',
  'sleep-named-by-old-record',
  'old-board-recorded',
  'old-board-forked',
])

/** Returns the things that this actor uses and of which a stage may have only one. */
function keysOf({ kind, scope }: ActorPlan): readonly string[] {
  const place = kind.startsWith('old-used-') ? 'r2' : scope
  return [
    ...(OWN_SINGLETONS.has(kind) ? [`own ${place}`] : []),
    ...(OLD_SINGLETONS.has(kind) ? [`old ${place}`] : []),
    ...(COSTLY.has(kind) ? ['costly'] : []),
    ...(kind === 'named-like-ours' || kind === 'own-stale' ? [`${kind} ${scope}`] : []),
  ]
}

/** Kinds that get their own project, because it is removed, while the projects of the commands must stay. */
const OWN_PLACE = new Set<ActorKind>([
  'board-gone',
  'old-board-gone',
  'old-board-gone-deaf',
  'old-board-replaced-by-link',
  'old-board-unmounted',
])

function actorsOf(random: Random, main: FamilyName): readonly ActorPlan[] {
  const count = 3 + random.below(random.chance(15) ? 10 : 5)
  const ports = { sync: portsFrom(random, 9400, 50), dashboard: portsFrom(random, 9237, 100) }
  const taken = new Set<string>()
  const actors: ActorPlan[] = []
  for (let index = 0; index < count; index++) {
    const actor = actorOf(random, main, index, ports)
    const keys = keysOf(actor)
    if (keys.some((key) => taken.has(key))) continue
    for (const key of keys) taken.add(key)
    actors.push(actor)
  }
  // Actors that clear a scope come first, and the innocent sleeper is always included.
  const first = actors.filter(({ kind }) => kind === 'own-stale')
  const rest = actors.filter(({ kind }) => kind !== 'own-stale')
  return [...first.slice(0, 2), ...rest, { ...actorOf(random, main, count, ports), kind: 'sleep' }]
}

function actorOf(
  random: Random,
  main: FamilyName,
  index: number,
  ports: Readonly<Record<FamilyName, readonly number[]>>,
): ActorPlan {
  const isStranger = random.chance(30)
  const family = random.chance(85) ? main : main === 'sync' ? 'dashboard' : 'sync'
  const kind = isStranger
    ? random.pick(STRANGER_KINDS)
    : family === 'sync'
      ? random.pick(SYNC_KINDS)
      : random.pick(BOARD_KINDS)
  const named = family === 'sync' ? random.pick(ROOTS) : random.pick(PROJECTS)
  const scope = OWN_PLACE.has(kind) ? `q${index}` : named
  const isEarly = kind.startsWith('old-before-markers')
  const version = kind === 'old-shared-owner' ? '3.2.3' : random.pick(isEarly ? BEFORE_MARKERS : VERSIONS)
  const port = ports[family][index] ?? 0
  const sparePort = spareOf(ports[family], index)
  return { id: `${index}:${kind}@${scope}`, kind, family, scope, port, sparePort, version }
}

/** The maximum number of processes that one trial sets up on its stage. */
const MOST_ACTORS = 16

/** Returns a port for each actor, followed by a spare one for each. */
function portsFrom(random: Random, from: number, size: number): readonly number[] {
  const step = random.pick([1, 3, 7])
  const first = random.below(size)
  return Array.from({ length: 2 * MOST_ACTORS }, (_, index) => from + ((first + index * step) % size))
}

function spareOf(ports: readonly number[], index: number): number {
  return ports[MOST_ACTORS + index] ?? 0
}

const SYNC_INTENTS: readonly Intent[] = [
  'look',
  'reset',
  'reset',
  'reset',
  'force',
  'force',
  'force-port',
  'start',
  'start',
  'stop',
  'stop',
  'restart',
  'hook',
  'newer-start',
  'newer-hook',
]
const BOARD_INTENTS: readonly Intent[] = [
  'clean',
  'clean',
  'clean-force',
  'clean-force',
  'board-start',
  'board-start',
  'board-stop',
  'board-restart',
]

function commandsOf(random: Random, main: FamilyName, actors: readonly ActorPlan[]): readonly CommandPlan[] {
  const count = random.pick([1, 1, 1, 2, 2, 3])
  const chosen = Array.from({ length: count }, (_, index): CommandPlan => {
    const family = random.chance(92) ? main : main === 'sync' ? 'dashboard' : 'sync'
    const intent = random.pick(family === 'sync' ? SYNC_INTENTS : BOARD_INTENTS)
    const victim = random.pick(actors)
    return {
      intent,
      scope: HERE[family],
      vantage: random.chance(85) ? 'here' : random.pick(VANTAGES),
      port: intent === 'force-port' ? victim.port : null,
      isAfter: index === 0 || random.chance(50),
      delayMs: random.below(250),
      killedAfterMs: random.chance(12) ? 60 + random.below(500) : null,
      liar: random.chance(6) ? random.pick(['parent', 'itself'] as const) : null,
    }
  })
  // If a command is killed half-way, another one repeats it.
  const killed = chosen.find(({ killedAfterMs }) => killedAfterMs !== null)
  return killed === undefined ? chosen : [...chosen, { ...killed, isAfter: true, killedAfterMs: null }]
}

function disturbancesOf(
  random: Random,
  actors: readonly ActorPlan[],
  commands: readonly CommandPlan[],
): readonly DisturbancePlan[] {
  const count = random.pick([0, 1, 1, 2])
  return Array.from({ length: count }, () => ({
    what: random.pick(DISTURBANCES),
    actor: random.pick(actors).id,
    command: random.below(commands.length),
    isAfterLock: random.chance(40),
    afterMs: 20 + random.below(random.chance(30) ? 1_500 : 450),
  }))
}
