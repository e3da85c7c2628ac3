/**
 * The world around the actors: locks, record, processes, pipes. A move lets one actor have its next effect, ends a process,
 * or lets one wait be too long. Every property is checked on every move.
 */
import type { Automaton } from './automaton.js'
import { textOf, type Plain, type RecordView, type ScanView } from './effects.js'
import { FIRST_PORT } from './scene.js'

export interface Actor {
  readonly kind: 'client' | 'daemon'
  readonly version: number
  /** 0 for a client. */
  readonly pid: number
  state: number
  /** `none`: not started yet; `over`: it has ended; `killed`: by a crash or a signal. */
  life: 'none' | 'runs' | 'over' | 'killed'
  outcome: string
  /** The index of the other end of the startup pipe: a client's daemon, a daemon's starter. */
  partner: number
  /** The unread messages for this actor, and whether its end of the startup pipe is open. */
  unread: string[]
  isPipeOpen: boolean
  /** A daemon's port while it listens, else 0. */
  port: number
  /** A daemon was told that it is adopted: from now on it handles signals. */
  isAdopted: boolean
  isRecorded: boolean
  /** The adoption was sent by its starter. */
  isGivenAway: boolean
  inbox: string[]
  /** Whether another process, which is none of ours, has got its pid. */
  isReused: boolean
  /** What an actor that polls could see since its last round began, as a number; -1 if that has changed meanwhile. */
  seen: number
  /** It found a lock busy that another only looked at. */
  isMisled: boolean
  /** A client has told it to leave. */
  hasEnded: boolean
}

export interface World {
  record: RecordView | null
  /** The index of the actor that holds the lock, -1 if free; whether it only looks. */
  locks: { life: number; daemon: number; isProbe: boolean }
  actors: Actor[]
  crashes: number
  lates: number
  reuses: number
  /** Whether nothing has been late or crashed so far: then every client must get a daemon. */
  isCalm: boolean
}

export interface Move {
  readonly actor: number
  readonly kind: 'step' | 'late' | 'crash' | 'reuse'
}

export interface Scenario {
  readonly name: string
  /** The versions of the clients' installations. */
  readonly clients: readonly number[]
  /** Whether the first client has its daemon before the others begin. */
  readonly isWarm?: boolean
  readonly crashes: number
  /** How many waits may be too long although something still happens; when nothing does, every wait ends. */
  readonly lates: number
  readonly reuses?: number
  readonly ticks?: boolean
}

export type AutomatonFor = (
  kind: Actor['kind'],
  version: number,
  pid: number,
) => Automaton | Promise<Automaton>

/** The world at the begin. */
export function worldOf({ clients, crashes, lates, reuses = 0 }: Scenario): World {
  return {
    record: null,
    locks: { life: -1, daemon: -1, isProbe: false },
    actors: [
      ...clients.map((version, index) => actorOf('client', version, 0, clients.length + index)),
      ...clients.map((version, index) => actorOf('daemon', version, pidOf(index), index)),
    ],
    crashes,
    lates,
    reuses,
    isCalm: true,
  }
}

/** The pid of the daemon that a client starts. (No daemon has pid 1: that would never be signalled.) */
export const pidOf = (starter: number): number => starter + 11

function actorOf(kind: Actor['kind'], version: number, pid: number, partner: number): Actor {
  return {
    kind,
    version,
    pid,
    state: 0,
    life: kind === 'client' ? 'runs' : 'none',
    outcome: '',
    partner,
    unread: [],
    isPipeOpen: false,
    port: 0,
    isAdopted: false,
    isRecorded: false,
    isGivenAway: false,
    inbox: [],
    isReused: false,
    seen: -1,
    isMisled: false,
    hasEnded: false,
  }
}

export function copyOf(world: World): World {
  return { ...world, locks: { ...world.locks }, actors: world.actors.map((actor) => ({ ...actor })) }
}

/** What decides everything that may still happen. */
export function keyOf({ record, locks, actors, crashes, lates, reuses, isCalm }: World): string {
  const parts: unknown[] = [record, locks.life, locks.daemon, locks.isProbe, crashes, lates, reuses, isCalm]
  for (const one of actors) {
    parts.push(one.version, one.state, one.life, one.outcome, one.partner, one.unread, one.isPipeOpen)
    parts.push(one.port, one.isAdopted, one.isRecorded, one.isGivenAway, one.inbox, one.isReused)
    parts.push(one.seen, one.isMisled, one.hasEnded)
  }
  return JSON.stringify(parts)
}

const numbers = new Map<string, number>()

/** What an actor that looks around could see, as a number. */
function sightOf({ record, locks, actors }: World): number {
  const seen = actors.map(({ life, port, isReused, isAdopted }) => [isAdopted && life, port, isReused])
  const text = JSON.stringify([record, locks.life, locks.isProbe ? -1 : locks.daemon, seen])
  const number = numbers.get(text) ?? numbers.size
  numbers.set(text, number)
  return number
}

/** Where a daemon's event loop turns, so that it answers. Everywhere else it is in the middle of synchronous code. */
const TURNS: ReadonlySet<string> = new Set(['pipe.receive', 'idle', 'sleep', 'inspect', 'bind'])

/** Effects that only the other end of a startup pipe sees, and it waits for them. The adoption is not one: properties name it. */
const PRIVATE: ReadonlySet<string> = new Set([
  'spawn',
  'pipe.send',
  'pipe.receive',
  'pipe.close',
  'child.exit',
])

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
   * The moves that may come next, without rounds of looking that would see what the last one has seen. If there are none, a
   * wait may be too long. Where nothing can crash or be late any more, a private effect comes alone: it commutes with
   * everything that the others can do until it has happened.
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
      // A round that reads what the last one has read, and changes nothing, leads back here.
      const isVain = name === 'sleep' && actor.seen === sightOf(world) && !actor.isMisled
      if (result !== undefined && !isVain) {
        if (isAlone && PRIVATE.has(name) && result !== 'adopt' && args[0] !== 'adopt')
          own ??= { actor: index, kind: 'step' }
        moves.push({ actor: index, kind: 'step' })
        if (result !== 'tick') isQuiet = false
      }
      if (mayBeLate(name, result)) late.push({ actor: index, kind: 'late' })
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

  /** Whether a client has just proven this process and signals it next: a pid is not used again within microseconds. */
  #isAimedAt({ actors }: World, pid: number): boolean {
    return actors.some((actor) => {
      const { name, args } = this.effect(actor)
      return actor.life === 'runs' && name === 'kill' && args[0] === pid
    })
  }

  /** What the next effect of the actor says now; undefined while it waits. */
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

  /** Makes a move. Returns what it violates, null if nothing; the new world is `world`, which is changed. */
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
    const result = move.kind === 'late' ? 'late' : this.result(world, move.actor)
    if (result === undefined) throw new Error(`${name} cannot happen now`)
    let wrong: string | null = null
    if (move.kind === 'late') {
      if (world.isCalm && world.lates === 0) wrong = 'everyone waits, and nothing had happened'
      world.lates = Math.max(0, world.lates - 1)
      world.isCalm = false
    } else wrong = this.#act(world, move.actor, name, args, result)
    const next = this.automaton(actor).step(actor.state, result)
    actor.state = typeof next === 'number' ? next : await next
    const wrongEnd = this.#arrive(world, move.actor)
    unsettle(world)
    return wrong ?? wrongEnd ?? wrongWith(world)
  }

  /** Changes the world as the effect does. */
  #act(world: World, index: number, name: string, args: readonly Plain[], result: Plain): string | null {
    const { locks, actors } = world
    const actor = actors[index] as Actor
    switch (name) {
      case 'lock.try':
        if (result === true) {
          hold(locks, args[0], index)
          if (args[0] === 'daemon') locks.isProbe = args[1] === 'probe'
        } else if (args[0] === 'daemon' && locks.isProbe) actor.isMisled = true
        return null
      case 'lock.take':
        hold(locks, args[0], index)
        return null
      case 'lock.close':
        if (holderOf(locks, args[0]) === index) hold(locks, args[0], -1)
        return null
      case 'record.write': {
        const { pid, version } = actor
        const old = world.record
        world.record = { pid, port: Number(args[1]), version, state: 'running', reason: null }
        actor.isRecorded = true
        if (!actor.isGivenAway) return `daemon ${pid} wrote its record before it was adopted`
        if (world.isCalm && old !== null && old.version >= version)
          return `version ${version} followed version ${old.version}`
        return null
      }
      case 'record.mark':
        if (result === true && world.record !== null)
          world.record = { ...world.record, state: 'stopped', reason: textOf(args[1]) }
        return null
      case 'spawn': {
        const daemon = actors[actor.partner] as Actor
        if (daemon.life !== 'none') return 'a client started two daemons'
        const other = actors.find(
          (one) =>
            one.kind === 'daemon' && one.life === 'runs' && !one.hasEnded && one.version >= actor.version,
        )
        daemon.life = 'runs'
        daemon.isPipeOpen = true
        actor.isPipeOpen = true
        return world.isCalm && other !== undefined ? `a daemon was started beside daemon ${other.pid}` : null
      }
      case 'pipe.send': {
        const peer = actors[actor.partner]
        if (peer?.life === 'runs' && peer.isPipeOpen) peer.unread = [...peer.unread, textOf(args[0])]
        if (args[0] === 'adopt' && peer !== undefined) peer.isGivenAway = true
        return null
      }
      case 'pipe.receive':
        if (result !== null) actor.unread = actor.unread.slice(1)
        if (result === 'adopt') actor.isAdopted = true
        return null
      case 'pipe.close':
        actor.isPipeOpen = false
        return null
      case 'bind':
        actor.port = Number(result)
        return null
      case 'unlisten':
        actor.port = 0
        return null
      case 'exit':
        end(world, index, 'over')
        return null
      case 'idle':
        if (result !== 'tick') actor.inbox = actor.inbox.slice(1)
        return null
      case 'sleep':
        actor.isMisled = false
        actor.seen = sightOf(world)
        return null
      case 'shutdown':
        return result === 202 ? this.#leave(world, index, args[0], 'shutdown') : null
      case 'kill':
        return result === 'sent' ? this.#leave(world, index, args[0], textOf(args[1])) : null
      default:
        return null
    }
  }

  /** A daemon is told to leave, or killed: only an older one may be, or the client's own that no client was given. */
  #leave(world: World, by: number, pid: Plain | undefined, how: string): string | null {
    const client = world.actors[by] as Actor
    const index = world.actors.findIndex((one) => one.kind === 'daemon' && one.pid === pid)
    const daemon = world.actors[index] as Actor
    if (daemon.isReused) return `a process that is no daemon got ${how}`
    const isOwnUnready = daemon.partner === by && !daemon.isGivenAway
    if (how === 'SIGKILL' || (how === 'SIGTERM' && !daemon.isAdopted)) end(world, index, 'killed')
    else if (!daemon.inbox.includes(how)) daemon.inbox = [...daemon.inbox, how]
    daemon.hasEnded = true
    if (daemon.version < client.version || isOwnUnready) return null
    return `a client of version ${client.version} ended a daemon of version ${daemon.version} (${how})`
  }

  /** What follows from the effect that an actor has next. */
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
    const [what, which] = actor.outcome.split(' ')
    if (what === 'error' && !/^error E_[A-Z_]+$/.test(actor.outcome))
      return `an error without a type: ${actor.outcome}`
    if (what === 'error')
      return world.isCalm ? `a client ended with ${which ?? ''}, and nothing had happened` : null
    const daemon = world.actors.find(({ kind, pid }) => kind === 'daemon' && pid === Number(which))
    if (daemon?.isRecorded !== true) return `a client uses daemon ${which ?? ''}, which was not adopted`
    if (daemon.version < actor.version)
      return `a client of version ${actor.version} uses one of version ${daemon.version}`
    return null
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

/** Only waits can be too long; a daemon that serves waits for ever. */
function mayBeLate(name: string, result: Plain | undefined): boolean {
  if (name === 'sleep') return true
  return result === undefined && name !== 'idle' && name !== 'end' && name !== 'scan'
}

function holderOf(locks: World['locks'], name: Plain | undefined): number {
  return name === 'life' ? locks.life : locks.daemon
}

function hold(locks: World['locks'], name: Plain | undefined, by: number): void {
  if (name === 'life') locks.life = by
  else {
    locks.daemon = by
    locks.isProbe = false
  }
}

/** A process ends: the kernel frees its locks, its port and its end of the pipe. */
function end(world: World, index: number, life: 'over' | 'killed'): void {
  const actor = world.actors[index] as Actor
  actor.life = life
  actor.port = 0
  actor.isPipeOpen = false
  actor.unread = []
  actor.inbox = []
  actor.seen = -1
  actor.isMisled = false
  if (world.locks.life === index) hold(world.locks, 'life', -1)
  if (world.locks.daemon === index) hold(world.locks, 'daemon', -1)
}

/** What a round of looking has seen counts only as long as nothing changes, not even for a moment. */
function unsettle(world: World): void {
  const now = sightOf(world)
  for (const actor of world.actors) if (actor.seen !== now) actor.seen = -1
}

/** What must hold in every state. */
function wrongWith({ actors }: World): string | null {
  const serving = actors.filter(
    ({ kind, life, port, isRecorded }) => kind === 'daemon' && life === 'runs' && port > 0 && isRecorded,
  )
  if (serving.length > 1) return `daemons ${serving.map(({ pid }) => pid).join(' and ')} serve at once`
  return null
}
