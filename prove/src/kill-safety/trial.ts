/**
 * One trial, in its own pid, network and mount namespace, whose first process this is: sets up the stage, runs the
 * commands, and judges the result. Started by run-batch.ts with its order as JSON. Prints `staged` and `ready` on
 * standard output, waits for a line on standard input before it acts, and prints its findings as JSON.
 */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { enterAll } from './actors.js'
import { makeCast, type Cast } from './cast.js'
import { startCommand, type Command } from './commands.js'
import { disturb } from './disturb.js'
import type { Doer, Done } from './doer.js'
import { doersOf, judge } from './judge.js'
import { watchLateness, type Lateness } from '../stage/lateness.js'
import { now, opensOf } from './machine.js'
import { planOf } from './choose-trial.js'
import type { TrialPlan } from './trial-plan.js'
import { compareRows } from './compare-rows.js'
import { snapshotOf } from './snapshot.js'
import { makeStage, type Stage } from './stage.js'

export interface TrialOrder {
  readonly seed: number
  readonly base: string
  readonly build: string
  readonly newerBuild: string
  readonly record: Readonly<Record<string, unknown>>
  /** How long all processes of a trial with an aged stage must have been running, in milliseconds. */
  readonly ageMs: number
}

/** What the trial reports at its end. */
export interface TrialResult {
  readonly seed: number
  readonly wrongful: readonly string[]
  readonly differing: readonly string[]
  readonly left: readonly string[]
  /** Processes left alive because they did not answer in time, on a machine that was seen to be busy. */
  readonly unanswered: number
  /** Processes left alive because they no longer listened when the command began. */
  readonly closedBefore: number
  /** Rows about a process that ended shortly after, on a machine that was seen to be busy. */
  readonly late: number
  readonly isBusy: boolean
  readonly rulings: number
  readonly openRulings: number
  readonly forcedInSilence: number
  /**
   * For each signal that reached another process with the same pid, the time between the last check and the signal, in
   * milliseconds.
   */
  readonly overtaken: readonly number[]
  readonly rows: number
  readonly processes: number
  readonly commands: number
  readonly signals: number
  readonly ended: number
  readonly recycled: number
  readonly killed: number
  readonly disturbances: number
  readonly isAged: boolean
  /** Returns what happened, for someone who investigates a failure. */
  readonly story: readonly string[]
}

/** A daemon that a command started may clean up after the command has ended. */
const SETTLE_MS = 400

/** How often the trial checks whether a command has reached the lock. */
const LOOK_MS = 3

async function main(): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? '') as TrialOrder
  const { seed, base, build, newerBuild, record, ageMs } = order
  const plan = planOf(seed)
  const stage = makeStage({ base, build, newerBuild, record })
  const cast = makeCast()
  await enterAll(plan.actors, stage, cast)
  console.log('staged')
  if (plan.isAged) await untilOld(cast, ageMs)
  console.log('ready')
  const orders = createInterface({ input: process.stdin })
  // Without the process that started it, the trial is useless. Its namespaces end with it.
  orders.once('close', () => process.exit(1))
  await once(orders, 'line')
  const counts = { recycled: 0, disturbances: 0, killed: 0 }
  const lateness = watchLateness()
  const done = await act(plan, stage, cast, counts)
  if (plan.commands.some(({ intent }) => /start/.test(intent))) await sleep(SETTLE_MS)
  cast.look()
  await lateness.end()
  console.log(JSON.stringify(resultOf(plan, cast, done, counts, lateness)))
}

async function untilOld({ actors }: Cast, ageMs: number): Promise<void> {
  const youngest = Math.max(...actors.map(({ bornAt }) => bornAt))
  await sleep(Math.max(0, youngest + ageMs - now()))
}

interface Counts {
  recycled: number
  disturbances: number
  killed: number
}

async function act(plan: TrialPlan, stage: Stage, cast: Cast, counts: Counts): Promise<readonly Done[]> {
  const running: Promise<Done>[] = []
  const disturbing: Promise<void>[] = []
  const givesPids = plan.disturbances.some(({ what }) => what.startsWith('recycle'))
  for (const [index, wanted] of plan.commands.entries()) {
    if (wanted.isAfter) await Promise.all(running)
    else await sleep(wanted.delayMs)
    const before = snapshotOf(cast)
    const command = startCommand(stage, wanted, index, givesPids)
    running.push(untilOver(cast, command, before))
    const planned = plan.disturbances.filter((one) => one.command === index)
    disturbing.push(...planned.map((one) => disturbLater({ stage, cast, command, counts }, one)))
    if (wanted.killedAfterMs !== null) disturbing.push(killLater(command, wanted.killedAfterMs, counts))
  }
  const done = await Promise.all(running)
  await Promise.all(disturbing)
  return done
}

async function untilOver(cast: Cast, command: Command, before: Done['before']): Promise<Done> {
  const over = await command.over
  return { command, over, before, after: snapshotOf(cast) }
}

async function disturbLater(
  around: Parameters<typeof disturb>[0],
  plan: TrialPlan['disturbances'][number],
): Promise<void> {
  const { over } = around.command
  if (plan.isAfterLock) await Promise.race([untilLocked(around.command), over])
  await Promise.race([sleep(plan.afterMs), over])
  await disturb(around, plan)
}

/** Waits until the command has opened the lock of a scope that it is about to change. */
async function untilLocked({ child }: Command): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    if (opensOf(child.pid ?? 0).some((path) => path.endsWith('lifecycle.lock'))) return
    await sleep(LOOK_MS)
  }
}

async function killLater(command: Command, afterMs: number, counts: Counts): Promise<void> {
  await Promise.race([sleep(afterMs), command.over])
  command.isDisturbed = true
  if (command.child.exitCode !== null || command.child.signalCode !== null) return
  command.child.kill('SIGKILL')
  counts.killed++
}

function resultOf(
  plan: TrialPlan,
  cast: Cast,
  done: readonly Done[],
  counts: Counts,
  lateness: Lateness,
): TrialResult {
  const doers = doersOf(cast, done, lateness)
  const judged = judge(cast, doers)
  const compared = done.flatMap(({ command, after }) => {
    const doer = doers.find((one) => one.command === command)
    return doer === undefined ? [] : [compareRows(cast, doer, doers, after)]
  })
  return {
    ...judged,
    ...counts,
    seed: plan.seed,
    isAged: plan.isAged,
    differing: compared.flatMap(({ differing }) => differing),
    rows: compared.reduce((sum, { rows }) => sum + rows, 0),
    late: compared.reduce((sum, { late }) => sum + late, 0),
    isBusy: doers.some(({ isBusy }) => isBusy),
    processes: cast.actors.length,
    commands: done.length,
    ended: cast.actors.filter(({ ending, endedByTrialAt }) => ending !== null && endedByTrialAt === null)
      .length,
    story: storyOf(cast, doers),
  }
}

/** Returns which processes existed, what was done, and how each ended, in order of time. */
function storyOf({ actors }: Cast, doers: readonly Doer[]): readonly string[] {
  const began = Math.min(...actors.map(({ bornAt }) => bornAt))
  const at = (moment: number): string => `${(moment - began).toFixed(1)} ms`
  const lines = [
    ...actors.map(
      ({ name, pid, port, bornAt }) => [bornAt, `${name} (${pid}, port ${port}) is there`] as const,
    ),
    ...actors.flatMap(({ name, ending, endedByTrialAt }) =>
      ending === null
        ? []
        : [[ending.at, `${name} is gone: ${endedByTrialAt === null ? ending.signal : 'the trial'}`] as const],
    ),
    ...doers.flatMap(({ name, startedAt, over, trace }) => [
      [startedAt, `${name} begins`] as const,
      ...trace.sent.map(
        (one) =>
          [one.at, `${name}: ${one.from} ${one.call}(${one.to}, ${one.signal}) ${one.hasArrived}`] as const,
      ),
      ...trace.looked.flatMap((look) =>
        actors.some(({ pid }) => pid === look.pid)
          ? [[look.at, `${name} looks at ${look.pid}`] as const]
          : [],
      ),
      ...(over === null
        ? []
        : [[over.at, `${name} exits ${over.status}: ${over.said.replaceAll(/\s+/g, ' ')}`] as const]),
    ]),
  ]
  return lines.toSorted(([one], [other]) => one - other).map(([moment, text]) => `${at(moment)}: ${text}`)
}

try {
  await main()
  process.exit(0)
} catch (error) {
  console.error(error instanceof Error ? error.stack : String(error))
  process.exit(1)
}
