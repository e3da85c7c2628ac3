import type { ChildProcess } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import type { ActorPlan, FamilyName, Vantage } from './trial-plan.js'
import { birthOf, isAlive, listening, now, signalOfZombie, socketsOf, ticksOf } from './machine.js'
import type { Truth } from './truth.js'

/** How a process ended. `signal`: its number or name; null for none. */
export interface Ending {
  readonly at: number
  readonly signal: string | null
}

/** A process on the stage. Its true state changes when the trial disturbs it; every earlier state is kept. */
export interface Actor {
  readonly name: string
  readonly kind: string
  readonly plan: ActorPlan | null
  readonly pid: number
  readonly ticks: string
  /** When the trial first knew of the process. */
  readonly bornAt: number
  /** When the kernel started the process. */
  readonly birth: number
  readonly port: number | null
  /** The inodes of its listening sockets in this network. */
  readonly sockets: readonly string[]
  readonly child: ChildProcess | null
  /** The process from which this one was forked. */
  readonly parent: Actor | null
  /** The true facts about the process, each with the time from which they hold; the oldest first. */
  readonly truths: { readonly from: number; readonly truth: Truth }[]
  /** When the trial itself ended the process, or made it give up its port. */
  endedByTrialAt: number | null
  /** True if the trial changed the process or its scope, so that no command is required to end it. */
  isDisturbed: boolean
  ending: Ending | null
}

export interface Cast {
  readonly actors: Actor[]
  /** Adds a process. The end of a direct child of this process is reported by an event, because this process reaps it. */
  add(made: NewActor): Actor
  /** Checks which processes have ended in the meantime. */
  look(): void
  find(name: string): Actor | null
  /** Connections that keep a daemon busy, so that it does not answer. */
  readonly idle: Socket[]
  /** Daemons of ours on the stage. They may clean up their scope by themselves. */
  readonly cleaners: Cleaner[]
}

export interface Cleaner {
  readonly trace: string
  readonly startedAt: number
  readonly family: FamilyName
  readonly scope: string
  readonly vantage: Vantage
}

export interface NewActor {
  readonly name: string
  readonly kind: string
  readonly plan?: ActorPlan
  readonly pid: number
  readonly child?: ChildProcess
  readonly port?: number | null
  readonly truth: Truth
  readonly parent?: Actor
  /** A time just before the process was started, if it matters. From then on, its pid cannot belong to another process. */
  readonly bornAt?: number
}

export function makeCast(): Cast {
  const actors: Actor[] = []
  return {
    actors,
    add: (made) => {
      const actor = actorOf(made)
      actor.child?.once('exit', (_code, signal) => (actor.ending ??= { at: now(), signal }))
      actors.push(actor)
      return actor
    },
    look: () => {
      for (const actor of actors) actor.ending ??= endingOf(actor)
    },
    find: (name) => actors.find((actor) => actor.name === name) ?? null,
    idle: [],
    cleaners: [],
  }
}

function actorOf({ name, kind, plan, pid, child, port = null, truth, parent, bornAt }: NewActor): Actor {
  const ticks = ticksOf(pid)
  const open = listening()
  return {
    name,
    kind,
    plan: plan ?? null,
    pid,
    ticks: ticks ?? 'gone',
    bornAt: bornAt ?? now(),
    birth: ticks === null ? now() : birthOf(ticks),
    port,
    sockets: socketsOf(pid).filter((inode) => open.has(inode)),
    child: child ?? null,
    parent: parent ?? null,
    truths: [{ from: 0, truth }],
    endedByTrialAt: null,
    isDisturbed: false,
    ending: null,
  }
}

function endingOf({ pid, ticks, child }: Actor): Ending | null {
  if (isAlive(pid, ticks)) return null
  const signal = signalOfZombie(pid, ticks)
  if (signal !== null) return { at: now(), signal: signal === 0 ? null : String(signal) }
  // A direct child is reaped by this process. Its event says how it ended, and may come a little later.
  if (child !== null)
    return child.exitCode === null && child.signalCode === null
      ? null
      : { at: now(), signal: child.signalCode }
  return { at: now(), signal: 'unknown' }
}

/** Returns the present facts about the process. */
export function truthOf({ truths }: Actor): Truth {
  const last = truths.at(-1)
  if (last === undefined) throw new Error('an actor without a truth')
  return last.truth
}

/** Records that other facts about the process hold from now on. */
export function change(actor: Actor, truth: Partial<Truth>): void {
  actor.truths.push({ from: now(), truth: { ...truthOf(actor), ...truth } })
}

/** Returns all facts that held at some time between the two times. */
export function truthsWithin({ truths }: Actor, from: number, to: number): readonly Truth[] {
  return truths
    .filter((one, index) => one.from <= to && (truths[index + 1]?.from ?? Number.POSITIVE_INFINITY) >= from)
    .map(({ truth }) => truth)
}

/** Connects but sends nothing. A daemon that serves one connection at a time then answers nobody else. */
export function keepBusy(cast: Cast, port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', resolve).on('error', () => resolve())
    cast.idle.push(socket)
  })
}
