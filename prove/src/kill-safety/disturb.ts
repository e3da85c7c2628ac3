import type { ChildProcess } from 'node:child_process'
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { enterOne } from './actors.js'
import { DRIVE } from './actors-predecessor.js'
import { change, truthOf, type Actor, type Cast } from './cast.js'
import type { Command } from './commands.js'
import { argumentsOf, now, ticksOf } from './machine.js'
import type { DisturbancePlan } from './trial-plan.js'
import { filesOf, type Stage } from './stage.js'
import { spawnHostile } from './stand-ins.js'
import { idleWithArguments, sleeper } from './strangers.js'
import { STRANGER } from './truth.js'

/** What the trial does to the stage while commands run. */

export interface Around {
  readonly stage: Stage
  readonly cast: Cast
  readonly command: Command
  readonly counts: { recycled: number; disturbances: number }
}

const TRIES = 8

/** The exit code of a stand-in whose port is in use. */
const PORT_BUSY = 98

/** Disturbs the stage as planned, if a disturbance is planned. */
export async function disturb(
  { stage, cast, command, counts }: Around,
  plan: DisturbancePlan,
): Promise<void> {
  const actor = cast.find(plan.actor)
  if (actor === null || actor.endedByTrialAt !== null) return
  const around = { stage, cast, command, counts }
  counts.disturbances++
  actor.isDisturbed = true
  const act = ACTS[plan.what]
  await act(around, actor)
}

type Act = (around: Around, actor: Actor) => Promise<void> | void

const ACTS: Readonly<Record<DisturbancePlan['what'], Act>> = {
  recycle: (around, actor) => recycle(around, actor, false),
  'recycle-twin': (around, actor) => recycle(around, actor, true),
  'recycle-while-stopped': (around, actor) => whileStopped(around, () => recycle(around, actor, false)),
  'recycle-twin-while-stopped': (around, actor) => whileStopped(around, () => recycle(around, actor, true)),
  'hand-over-port': handOver,
  stop: (_around, actor) => {
    if (actor.child === null) return
    actor.child.kill('SIGSTOP')
    change(actor, { answers: false })
  },
  die: async (_around, actor) => void (await end(actor)),
  'forget-record': forget,
  'remove-project': (around, actor) =>
    loseProject(around, actor, true, (path) => rmSync(path, { recursive: true, force: true })),
  'link-project': (around, actor) =>
    loseProject(around, actor, false, (path) => {
      renameSync(path, `${path}.away`)
      symlinkSync(around.stage.at('p2'), path)
    }),
  'starts-meanwhile': async ({ stage, cast }, actor) => {
    const { plan } = actor
    // Does not start a daemon of a scope on a removed drive, because that would create the scope's directory there. There
    // would then be a scope without a record, and the daemon that the drive's record names would be an orphan according to
    // the table. No scan could distinguish the two cases.
    if (plan === null || plan.scope.startsWith(DRIVE)) return
    const port = plan.family === 'sync' ? 9_448 : 9_335
    const late = { ...plan, id: `late:${plan.id}`, kind: lateKind(plan.family), port }
    // The start fails if a command that starts a daemon has taken the port.
    await enterOne(late, stage, cast).catch((error: unknown) => {
      if ((error as { readonly exitCode?: number }).exitCode !== PORT_BUSY) throw error
    })
  },
}

function lateKind(family: 'sync' | 'dashboard') {
  return family === 'sync' ? ('old-stale' as const) : ('old-board-unrecorded' as const)
}

/** Ends a child of the trial and waits until its pid is free. */
async function end(actor: Actor): Promise<boolean> {
  const { child } = actor
  if (child === null || child.exitCode !== null || child.signalCode !== null) return false
  actor.endedByTrialAt = now()
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
  return true
}

/** Ends a process and gives its pid to an innocent one. A twin also has the same command line and program. */
async function recycle({ stage, cast, counts }: Around, actor: Actor, isTwin: boolean): Promise<void> {
  const words = argumentsOf(actor.pid)
  if (!(await end(actor))) return
  const innocent = await withPid(actor.pid, () => (isTwin ? idleWithArguments(stage, words) : sleeper()))
  if (innocent === null) return
  counts.recycled++
  const kind = isTwin ? 'innocent twin with its pid' : 'innocent with its pid'
  const made = { kind, pid: actor.pid, ...innocent, truth: STRANGER }
  cast.add({ name: `${actor.name} -> ${kind}`, ...made })
}

/**
 * Makes the kernel use this pid next. Returns false if the kernel does not allow that. In this case no pid is reassigned,
 * and the figures say so.
 */
function chooseNext(pid: number): boolean {
  try {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1))
    return true
  } catch {
    return false
  }
}

interface Innocent {
  readonly child: ChildProcess
  readonly bornAt: number
}

/**
 * Starts a process with this pid. In its own pid namespace the trial can choose the next pid, but another process may
 * take it first, so it tries several times.
 */
async function withPid(pid: number, start: () => ChildProcess): Promise<Innocent | null> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (ticksOf(pid) !== null) return null
    if (!chooseNext(pid)) return null
    const bornAt = now()
    const child = start()
    if (child.pid === pid) return { child, bornAt }
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  return null
}

/** Stops the command, makes the change, and lets the command continue, as on a machine that is swapping. */
async function whileStopped({ command }: Around, act: () => Promise<void>): Promise<void> {
  command.isDisturbed = true
  command.child.kill('SIGSTOP')
  try {
    await act()
  } finally {
    command.child.kill('SIGCONT')
  }
}

/** Ends a process and gives its port to another one. */
async function handOver({ cast }: Around, actor: Actor): Promise<void> {
  const { port } = actor
  if (port === null || !(await end(actor))) return
  try {
    const { child, pid } = await spawnHostile('http', port)
    cast.add({
      name: `${actor.name} -> its port`,
      kind: 'innocent on its port',
      pid,
      child,
      port,
      truth: STRANGER,
    })
  } catch {
    // Another process took the port first.
  }
}

/** Removes the scope's record, so that it no longer names a process. A daemon of ours writes its record again. */
function forget({ stage, cast }: Around, { plan }: Actor): void {
  if (plan === null) return
  const scope = stage.at(plan.scope)
  const files = filesOf(scope, plan.family)
  for (const path of [files.record, files.old]) rmSync(path, { force: true })
  for (const other of cast.actors) {
    const truth = truthOf(other)
    if (!truth.singletonOf.includes(scope)) continue
    other.isDisturbed = true
    if (truth.implementation === 'predecessor')
      change(other, { singletonOf: truth.singletonOf.filter((one) => one !== scope) })
  }
}

function loseProject(
  { stage, cast }: Around,
  { plan }: Actor,
  isRemoved: boolean,
  lose: (path: string) => void,
): void {
  // The projects of the commands are kept. Other tests show what commands report without one.
  if (plan === null || plan.family !== 'dashboard' || ['p0', 'p2'].includes(plan.scope)) return
  const path = stage.at(plan.scope)
  try {
    lose(path)
  } catch {
    return
  }
  for (const other of cast.actors) {
    const truth = truthOf(other)
    const isThere = truth.marker === path || (other.plan !== null && stage.at(other.plan.scope) === path)
    if (truth.family !== 'dashboard' || !isThere) continue
    other.isDisturbed = true
    // A daemon of ours has the moved directory as its working directory, and is still the daemon of that directory.
    if (isRemoved || truth.implementation === 'predecessor')
      change(other, { isProjectGone: true, singletonOf: [], isOdd: true })
  }
}
