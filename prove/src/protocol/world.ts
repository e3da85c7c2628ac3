/** The world around the actors (locks, record, processes, pipes), and the small changes that every larger change consists of. */
import type { Automaton } from './automaton.js'
import type { Plain, RecordView } from './effects.js'

export interface Actor {
  readonly kind: 'client' | 'daemon'
  readonly version: number
  /** 0 for a client. */
  readonly pid: number
  state: number
  /** The state of the actor. `none`: not started yet; `over`: it has ended; `killed`: it was ended by a crash or a signal. */
  life: 'none' | 'runs' | 'over' | 'killed'
  outcome: string
  /** The index of the other end of the startup pipe: for a client its daemon, for a daemon its starter. */
  partner: number
  /** The unread messages for this actor, and whether its end of the startup pipe is open. */
  unread: string[]
  isPipeOpen: boolean
  /** The port of a daemon while it listens, otherwise 0. */
  port: number
  /** True for a daemon that was told of its adoption. From then on it handles signals. */
  isAdopted: boolean
  isRecorded: boolean
  /** True if the starter of the daemon has sent the adoption. */
  isGivenAway: boolean
  inbox: string[]
  /** Whether the actor's pid now belongs to a process that is not ours. */
  isReused: boolean
  /**
   * A number that stands for everything that a polling actor could read since its last round began; -1 if any of it has
   * changed since.
   */
  seen: number
  /** True if the actor found a lock busy that another actor was only testing. */
  isMisled: boolean
  /** True if a client has told the daemon to exit, or if it retires. */
  hasEnded: boolean
}

export interface World {
  record: RecordView | null
  /** The index of the actor that holds each lock; -1 if the lock is free. `isProbe`: the holder only tests the lock. */
  locks: { life: number; daemon: number; isProbe: boolean }
  actors: Actor[]
  crashes: number
  lates: number
  reuses: number
  /** How many daemons may still find a reason to retire. */
  retirements: number
  /** True while nothing has been late or has crashed. As long as this is true, every client must get a daemon. */
  isCalm: boolean
}

/**
 * Why a daemon retires on its next tick. `unused` (R4): its idle time is over. `replaced` (R3): its installation has
 * changed. `absent` (R2): its scope was absent on two consecutive ticks, and is back. (R1 follows from the record, which
 * is explored.)
 */
export const RETIREMENTS = ['unused', 'replaced', 'absent'] as const

export interface Move {
  readonly actor: number
  readonly kind: 'step' | 'late' | 'crash' | 'reuse' | (typeof RETIREMENTS)[number]
}

export interface Scenario {
  readonly name: string
  /** The versions of the clients' installations. */
  readonly clients: readonly number[]
  /** Whether the first client has its daemon before the others begin. */
  readonly isWarm?: boolean
  readonly crashes: number
  /** How many waits may time out while something else can still happen. If nothing else can, every wait times out. */
  readonly lates: number
  readonly reuses?: number
  /** How many daemons may find a reason to retire. */
  readonly retirements?: number
  readonly ticks?: boolean
}

export type AutomatonFor = (
  kind: Actor['kind'],
  version: number,
  pid: number,
) => Automaton | Promise<Automaton>

/** Returns the world at the beginning. */
export function worldOf({ clients, crashes, lates, reuses = 0, retirements = 0 }: Scenario): World {
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
    retirements,
    isCalm: true,
  }
}

/** Returns the pid of the daemon that a client starts. (No daemon has pid 1, which would never be signalled.) */
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

/** Returns a key that contains everything that determines what may still happen. */
export function keyOf({ record, locks, actors, crashes, lates, reuses, retirements, isCalm }: World): string {
  const parts: unknown[] = [
    record,
    locks.life,
    locks.daemon,
    locks.isProbe,
    crashes,
    lates,
    reuses,
    retirements,
    isCalm,
  ]
  for (const one of actors) {
    parts.push(one.version, one.state, one.life, one.outcome, one.partner, one.unread, one.isPipeOpen)
    parts.push(one.port, one.isAdopted, one.isRecorded, one.isGivenAway, one.inbox, one.isReused)
    parts.push(one.seen, one.isMisled, one.hasEnded)
  }
  return JSON.stringify(parts)
}

const numbers = new Map<string, number>()

/** Returns a number that stands for everything that a polling actor could read. */
export function sightOf({ record, locks, actors }: World): number {
  const seen = actors.map(({ life, port, isReused, isAdopted }) => [isAdopted && life, port, isReused])
  const text = JSON.stringify([record, locks.life, locks.isProbe ? -1 : locks.daemon, seen])
  const number = numbers.get(text) ?? numbers.size
  numbers.set(text, number)
  return number
}

export function holderOf(locks: World['locks'], name: Plain | undefined): number {
  return name === 'life' ? locks.life : locks.daemon
}

export function hold(locks: World['locks'], name: Plain | undefined, by: number): void {
  if (name === 'life') locks.life = by
  else {
    locks.daemon = by
    locks.isProbe = false
  }
}

/** Ends a process. The kernel then frees its locks, its port and its end of the pipe. */
export function end(world: World, index: number, life: 'over' | 'killed'): void {
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

/** Invalidates what a polling round has read if anything has changed, even for a moment. */
export function unsettle(world: World): void {
  const now = sightOf(world)
  for (const actor of world.actors) if (actor.seen !== now) actor.seen = -1
}
