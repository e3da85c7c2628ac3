import { automatonOf, type Automaton } from './automaton.js'
import type { Random } from '../random.js'
import type { Load } from './bundle.js'
import { copyOf, keyOf, pidOf, worldOf, type Actor, type Move, type Scenario, type World } from './world.js'
import { Machine } from './machine.js'
import { wrongStandstill } from './properties.js'

export interface Explored {
  readonly states: number
  readonly moves: number
  readonly depth: number
  readonly seconds: number
  readonly isComplete: boolean
  /** The first violation found, with the moves that led to it. */
  readonly found: { readonly why: string; readonly trace: readonly Move[] } | null
  /** How often the clients ended in each way. */
  readonly ends: ReadonlyMap<string, number>
}

export interface Trace {
  readonly move: Move
  readonly before: Trace | null
  readonly depth: number
}

interface Work {
  readonly world: World
  readonly trace: Trace | null
}

/** The automata of all actors of one program. They are learned once and used by every scenario. */
export class Automata {
  readonly #load: Load
  readonly #known = new Map<string, Automaton>()
  constructor(load: Load) {
    this.#load = load
  }
  /** Learns the first state of every actor that may occur in a scenario. */
  async prepare({ clients }: Scenario): Promise<void> {
    for (const version of new Set(clients)) {
      await this.#learn('client', version, 0)
      for (const index of clients.keys()) await this.#learn('daemon', version, pidOf(index))
    }
  }
  async #learn(kind: Actor['kind'], version: number, pid: number): Promise<void> {
    const key = `${kind} ${version} ${pid}`
    if (!this.#known.has(key)) this.#known.set(key, await automatonOf(this.#load, { kind, version, pid }))
  }
  readonly get = (kind: Actor['kind'], version: number, pid: number): Automaton => {
    const found = this.#known.get(`${kind} ${version} ${pid}`)
    if (found === undefined) throw new Error(`no automaton of ${kind} ${version} ${pid}`)
    return found
  }
  all(): readonly Automaton[] {
    return [...this.#known.values()]
  }
}

export interface Bounds {
  /** `depth` first finds all states with little memory. `breadth` first finds the shortest way to a violation. */
  readonly order: 'depth' | 'breadth'
  readonly seconds: number
}

/** Explores every schedule of the scenario, until a property is violated. */
export async function explore(
  automata: Automata,
  scenario: Scenario,
  { order, seconds }: Bounds,
): Promise<Explored> {
  await automata.prepare(scenario)
  const machine = new Machine(automata.get, scenario)
  const began = performance.now()
  const seen = new Visited()
  const ends = new Map<string, number>()
  const first = await beginOf(machine, scenario)
  let work: Work[] = [{ world: first, trace: null }]
  let later: Work[] = []
  let [moves, depth] = [0, 0]
  const result = (isComplete: boolean, found: Explored['found']): Explored => ({
    states: seen.size,
    moves,
    depth,
    seconds: (performance.now() - began) / 1000,
    isComplete,
    found,
    ends,
  })
  seen.add(keyOf(first))
  while (work.length > 0 || later.length > 0) {
    if (work.length === 0) [work, later] = [later, work]
    const { world, trace } = work.pop() as Work
    const possible = machine.moves(world)
    if (isFinal(machine, world))
      for (const { kind, outcome } of world.actors) if (kind === 'client') count(ends, outcome)
    if (possible.length === 0) {
      const why = wrongStandstill(world)
      if (why !== null) return result(false, { why, trace: movesOf(trace) })
    }
    for (const move of possible) {
      const next = copyOf(world)
      const after: Trace = { move, before: trace, depth: (trace?.depth ?? 0) + 1 }
      const why = await machine.make(next, move)
      moves += 1
      if (why !== null) return result(false, { why, trace: movesOf(after) })
      if (!seen.add(keyOf(next))) continue
      depth = Math.max(depth, after.depth)
      if (order === 'depth') work.push({ world: next, trace: after })
      else later.push({ world: next, trace: after })
    }
    if (moves % 1024 < possible.length && performance.now() - began > seconds * 1000)
      return result(false, null)
  }
  return result(true, null)
}

export interface Walked {
  readonly walks: number
  readonly moves: number
  readonly found: Explored['found']
}

/** Samples schedules of a scenario that is too large to be explored. Each walk continues to its end. */
export async function walk(
  automata: Automata,
  scenario: Scenario,
  random: Random,
  walks: number,
): Promise<Walked> {
  await automata.prepare(scenario)
  const machine = new Machine(automata.get, scenario)
  let moves = 0
  for (let done = 0; done < walks; done++) {
    const world = await beginOf(machine, scenario)
    const trace: Move[] = []
    for (;;) {
      const move = chosenOf(machine, world, random)
      if (move === undefined) break
      trace.push(move)
      moves += 1
      const why = await machine.make(world, move)
      if (why !== null) return { walks: done + 1, moves, found: { why, trace } }
    }
  }
  return { walks, moves, found: null }
}

/** Chooses a move at random. Crashes and time-outs are rarer than steps, so that most schedules get far. */
export function chosenOf(machine: Machine, world: World, random: Random): Move | undefined {
  const moves = machine.moves(world)
  const steps = moves.filter(({ kind }) => kind === 'step')
  const others = moves.filter(({ kind }) => kind !== 'step')
  if (others.length > 0 && (steps.length === 0 || random.chance(4))) {
    const isOver =
      steps.length === 0 && world.actors.every(({ kind, life }) => kind === 'daemon' || life !== 'runs')
    return isOver ? undefined : random.pick(others)
  }
  return steps.length === 0 ? undefined : random.pick(steps)
}

/** Lets the first client of a warm scenario get its daemon, without choosing among moves. */
export async function beginOf(machine: Machine, scenario: Scenario): Promise<World> {
  const world = worldOf(scenario)
  for (; scenario.isWarm === true;) {
    const alone = ({ actor, kind }: Move): boolean =>
      kind === 'step' && (actor === 0 || actor >= scenario.clients.length)
    const move = machine.moves({ ...world, crashes: 0, lates: 0 }).find(alone)
    if (move === undefined || (world.actors[0]?.life !== 'runs' && isFinal(machine, world))) return world
    const why = await machine.make(world, move)
    if (why !== null) throw new Error(`the first client: ${why}`)
  }
  return world
}

function count(ends: Map<string, number>, outcome: string): void {
  const end = outcome.replace(/ \d+$/, '')
  ends.set(end, (ends.get(end) ?? 0) + 1)
}

function isFinal(machine: Machine, { actors }: World): boolean {
  return actors.every(
    (actor) =>
      actor.life !== 'runs' ||
      (actor.kind === 'daemon' && machine.effect(actor).name === 'idle' && actor.inbox.length === 0),
  )
}

export function movesOf(trace: Trace | null): readonly Move[] {
  const moves: Move[] = []
  for (let at = trace; at !== null; at = at.before) moves.push(at.move)
  return moves.toReversed()
}

/** A set of states. Keeps only a hash of 53 bits of each. */
class Visited {
  readonly #parts = Array.from({ length: 64 }, () => new Set<number>())
  size = 0
  /** Adds a state. Returns whether it is new. */
  add(key: string): boolean {
    const hash = hashOf(key)
    const part = this.#parts[hash % 64] as Set<number>
    const before = part.size
    part.add(hash)
    const isNew = part.size > before
    if (isNew) this.size += 1
    return isNew
  }
}

/** The hash cyrb53. */
function hashOf(text: string): number {
  let [one, two] = [0xdeadbeef, 0x41c6ce57]
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    one = Math.imul(one ^ code, 2654435761)
    two = Math.imul(two ^ code, 1597334677)
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909)
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909)
  return 4294967296 * (2097151 & two) + (one >>> 0)
}
