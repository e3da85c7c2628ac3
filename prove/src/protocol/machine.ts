import { applyEffect } from './apply-effect.js'
import type { Automaton } from './automaton.js'
import { textOf, type Plain, type ScanView } from './effects.js'
import { wrongOutcome, wrongState, wrongTimeout } from './properties.js'
import { FIRST_PORT } from './scene.js'
import {
  end,
  holderOf,
  pidOf,
  RETIREMENTS,
  sightOf,
  unsettle,
  type Actor,
  type AutomatonFor,
  type Move,
  type Scenario,
  type World,
} from './world.js'

/** The effects during which a daemon's event loop runs, so that it can answer. Everywhere else its code is synchronous. */
const TURNS: ReadonlySet<string> = new Set(['pipe.receive', 'idle', 'sleep', 'inspect', 'bind'])

/**
 * Effects that only the other end of a startup pipe sees, and waits for. The adoption is not one of them, because
 * properties mention it.
 */
const PRIVATE: ReadonlySet<string> = new Set([
  'spawn',
  'pipe.send',
  'pipe.receive',
  'pipe.close',
  'child.exit',
])

/**
 * Determines the possible moves in a world, and the result of each. A move lets one actor have its next effect, ends a
 * process, or makes one wait time out. Every property is checked on every move.
 */
export class Machine {
  readonly #automata: AutomatonFor
  readonly #scenario: Scenario

  constructor(automata: AutomatonFor, scenario: Scenario) {
    this.#automata = automata
    this.#scenario = scenario
  }

  automaton({ kind, version, pid }: Actor): Automaton {
    return this.#automata(kind, version, pid) as Automaton
  }

  effect(actor: Actor) {
    return this.automaton(actor).effectOf(actor.state)
  }

  /**
   * Returns the moves that may come next, without polling rounds that would read the same as the previous one. If there
   * are none, a wait may time out. If nothing can crash or be late any more, a private effect is the only move, because
   * its order relative to the effects of other actors does not matter.
   */
  moves(world: World): readonly Move[] {
    const moves: Move[] = []
    let isQuiet = true
    let own: Move | undefined
    const isAlone = world.crashes === 0 && world.lates === 0
    const late: Move[] = []
    world.actors.forEach((actor, index) => {
      if (actor.life !== 'runs') return
      const result = this.result(world, index)
      const { name, args } = this.effect(actor)
      // A round that reads the same as the previous one, and changes nothing, leads back to this state.
      const isVain = name === 'sleep' && actor.seen === sightOf(world) && !actor.isMisled
      if (result !== undefined && !isVain) {
        if (isAlone && PRIVATE.has(name) && result !== 'adopt' && args[0] !== 'adopt')
          own ??= { actor: index, kind: 'step' }
        moves.push({ actor: index, kind: 'step' })
        if (result !== 'tick') isQuiet = false
      }
      if (mayBeLate(name, result)) late.push({ actor: index, kind: 'late' })
      if (world.retirements > 0 && name === 'idle' && actor.isRecorded)
        for (const kind of RETIREMENTS) moves.push({ actor: index, kind })
      if (world.crashes > 0) moves.push({ actor: index, kind: 'crash' })
    })
    if (own !== undefined) return [own]
    if (world.reuses > 0)
      world.actors.forEach(({ kind, life, pid, isReused }, index) => {
        if (
          kind === 'daemon' &&
          life !== 'runs' &&
          life !== 'none' &&
          !isReused &&
          !this.#isAimedAt(world, pid)
        )
          moves.push({ actor: index, kind: 'reuse' })
      })
    return isQuiet || world.lates > 0 ? [...moves, ...late] : moves
  }

  /**
   * Returns whether a client has just proven this process and will signal it next, because a pid is not reused within
   * microseconds.
   */
  #isAimedAt({ actors }: World, pid: number): boolean {
    return actors.some((actor) => {
      const { name, args } = this.effect(actor)
      return actor.life === 'runs' && name === 'kill' && args[0] === pid
    })
  }

  /** Returns the result of a move for the actor; undefined if the move is not possible now. */
  told(world: World, { actor, kind }: Move): Plain | undefined {
    if (kind === 'late') return 'late'
    return kind === 'step' ? this.result(world, actor) : `tick ${kind}`
  }

  /** Returns the result that the actor's next effect would have now; undefined while it waits. */
  result(world: World, index: number): Plain | undefined {
    const actor = world.actors[index] as Actor
    const { name, args } = this.effect(actor)
    const { record, locks, actors } = world
    const daemons = actors.filter(({ kind }) => kind === 'daemon')
    switch (name) {
      case 'lock.try':
      case 'lock.look':
        return holderOf(locks, args[0]) < 0
      case 'record.read':
      case 'record.disk':
        return record
      case 'record.mark':
        return record?.pid === args[0] && record?.state === 'running'
      case 'handshake':
      case 'shutdown': {
        const found = daemons.find(({ port }) => port === args[1])
        if (found === undefined) return name === 'handshake' ? 'no_response' : null
        if (!TURNS.has(this.effect(found).name)) return undefined
        if (found.pid !== args[0]) return name === 'handshake' ? 'impostor' : 401
        if (name === 'handshake') return `proven:${found.version}`
        return found.isRecorded ? 202 : 503
      }
      case 'inspect':
        return args.flatMap((pid) => {
          const found = daemons.find((one) => one.pid === pid)
          if (found?.isReused === true) return [[found.pid, -1]]
          return found?.life === 'runs' ? [[found.pid, found.version]] : []
        })
      case 'listeners':
        return daemons.filter(({ port }) => port === args[0]).map(({ pid }) => pid)
      case 'lock.holder': {
        const holder = actors[locks.daemon]
        return holder?.kind === 'daemon' ? holder.pid : null
      }
      case 'scan': {
        const holder = actors[locks.daemon]
        const listening = daemons.filter(({ port }) => port > 0)
        const view: ScanView = {
          record,
          holder: holder?.kind === 'daemon' ? holder.pid : null,
          daemons: listening.map(({ pid, version, port }) => ({ pid, version, port })),
        }
        return listening.every((one) => TURNS.has(this.effect(one).name)) ? view : undefined
      }
      case 'kill': {
        const found = daemons.find(({ pid }) => pid === args[0])
        return found?.life === 'runs' || found?.isReused === true ? 'sent' : 'gone'
      }
      case 'sleep':
        return 'woke'
      case 'spawn':
        return pidOf(index)
      case 'pipe.receive': {
        const [first] = actor.unread
        if (first !== undefined) return first
        return (actors[actor.partner]?.isPipeOpen ?? false) ? undefined : null
      }
      case 'child.exit':
        return daemons.find(({ pid }) => pid === args[0])?.life === 'runs' ? undefined : 'exited'
      case 'bind': {
        const ports = new Set(daemons.map(({ port }) => port))
        return [0, 1, 2, 3, 4, 5].map((port) => FIRST_PORT + port).find((port) => !ports.has(port)) ?? 0
      }
      case 'idle':
        return actor.inbox[0] ?? (this.#scenario.ticks === true ? 'tick' : undefined)
      case 'end':
        return undefined
      default:
        return null
    }
  }

  /** Makes a move, which changes `world`. Returns the property that this violates; null if none. */
  async make(world: World, move: Move): Promise<string | null> {
    const actor = world.actors[move.actor] as Actor
    if (move.kind === 'crash') {
      world.crashes -= 1
      world.isCalm = false
      end(world, move.actor, 'killed')
      unsettle(world)
      return null
    }
    if (move.kind === 'reuse') {
      world.reuses -= 1
      actor.isReused = true
      unsettle(world)
      return null
    }
    const { name, args } = this.effect(actor)
    const result = this.told(world, move)
    if (result === undefined) throw new Error(`${name} cannot happen now`)
    let wrong: string | null = null
    if (move.kind === 'late') {
      wrong = wrongTimeout(world)
      world.lates = Math.max(0, world.lates - 1)
      world.isCalm = false
    } else if (move.kind !== 'step') {
      world.retirements -= 1
      actor.hasEnded = true
      // A tick comes after half a minute at the earliest. If the starter is still alive, it would not have read the
      // answer for that long.
      if (world.actors[actor.partner]?.life === 'runs') world.isCalm = false
    } else wrong = applyEffect(world, move.actor, name, args, result)
    const next = this.automaton(actor).step(actor.state, result)
    actor.state = typeof next === 'number' ? next : await next
    const wrongEnd = this.#arrive(world, move.actor)
    unsettle(world)
    return wrong ?? wrongEnd ?? wrongState(world)
  }

  /** Determines the consequences of the actor's next effect. */
  #arrive(world: World, index: number): string | null {
    const actor = world.actors[index] as Actor
    const { name, args } = this.effect(actor)
    if (name !== 'sleep' && !LOOKING.has(name)) {
      actor.seen = -1
      actor.isMisled = false
    }
    if (name !== 'end') return null
    actor.outcome = textOf(args[0])
    end(world, index, 'over')
    return wrongOutcome(world, actor)
  }
}

const LOOKING: ReadonlySet<string> = new Set([
  'lock.try',
  'lock.look',
  'lock.close',
  'record.read',
  'handshake',
  'inspect',
  'listeners',
  'lock.holder',
])

/** Returns whether an effect can time out. Only waits can; a daemon that serves waits forever. */
function mayBeLate(name: string, result: Plain | undefined): boolean {
  if (name === 'sleep') return true
  return result === undefined && name !== 'idle' && name !== 'end' && name !== 'scan'
}
