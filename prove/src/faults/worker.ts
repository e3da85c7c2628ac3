/** Runs its share of the trials, in its own pid namespace, and prints each result as a line of JSON. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomOf } from '../random.js'
import { copyBuild } from '../stage/builds.js'
import { watchLateness } from '../stage/lateness.js'
import { assertPrivate } from '../stage/namespaces.js'
import { startEventServer } from '../stage/server.js'
import { planOf, type Trial } from './plan.js'
import { createStage } from './stage.js'
import { doTrial } from './trial.js'
import { enumerate } from './enumerate.js'

export interface Task {
  readonly seed: number
  readonly trials: number
  readonly size: 'full' | 'short'
  /** The number of this worker, and the number of workers (`of`). It runs each trial whose index modulo `of` is its number. */
  readonly share: { readonly number: number; readonly of: number }
  /** Our package, or a copy with a bug in it. */
  readonly tool: string
  /** Limits the run to trials whose name contains this text; empty for all. */
  readonly only: string
  /** When this time is over, no further trial begins; null for no limit. */
  readonly limitMs: number | null
}

async function main(task: Task): Promise<void> {
  assertPrivate()
  const base = mkdtempSync(join(tmpdir(), 'prove-faults-'))
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', 'none', base]).status !== 0) throw new Error('no tmpfs here')
    const older = join(base, 'tool-older')
    copyBuild(older, '3.9.0', task.tool)
    // The package is copied, so that a build during a long run does not change it.
    const tool = join(base, 'tool')
    copyBuild(tool, '4.0.0', task.tool)
    mkdirSync(join(base, 'trials'))
    const stage = createStage(base, tool, older, await startEventServer(), watchLateness())
    const calls = await enumerate(stage, task)
    const plan = planOf(calls, randomOf(task.seed), task)
    say({ kind: 'plan', possible: plan.possible, ours: plan.ours, calls: plan.calls })
    const mine = plan.trials.filter((_, index) => index % task.share.of === task.share.number)
    await doAll(mine, stage, performance.now() + (task.limitMs ?? Infinity))
    await stage.end()
  } finally {
    spawnSync('umount', ['-l', base])
    rmSync(base, { recursive: true, force: true })
  }
}

type Stage = ReturnType<typeof createStage>

/** Runs the trials in order, but postpones each trial whose orphans are not old enough yet. */
async function doAll(trials: readonly Trial[], stage: Stage, end: number): Promise<void> {
  const waiting: Trial[] = []
  stage.prepareOrphans(trials.filter(({ action }) => action.needsOrphans).length)
  for (const trial of trials) {
    if (performance.now() > end) return
    if (trial.action.needsOrphans && !stage.hasOrphans()) waiting.push(trial)
    else say(await resultOf(trial, stage))
    const next = stage.hasOrphans() ? waiting.shift() : undefined
    if (next !== undefined) say(await resultOf(next, stage))
  }
  for (const trial of waiting) {
    await stage.waitForOrphans()
    say(await resultOf(trial, stage))
  }
}

/** Runs a trial. If it cannot be run, it counts as a failure, and the others continue. */
async function resultOf(trial: Trial, stage: Stage): Promise<object> {
  try {
    return { kind: 'trial', ...(await doTrial(trial, stage)) }
  } catch (error) {
    const wrong = [`the trial could not be done: ${error instanceof Error ? error.message : String(error)}`]
    const none = {
      isHit: false,
      count: 0,
      isNodesToo: false,
      met: [],
      isOurs: false,
      isPackage: false,
      status: null,
      acknowledged: 0,
      lost: 0,
      nextMs: 0,
      again: 0,
      isBusy: false,
      isHitNow: false,
      isInternal: false,
      isNodes: false,
    }
    return { kind: 'trial', name: trial.name, action: trial.action.id, fault: 'none', ...none, wrong }
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

await main(JSON.parse(process.argv[2] ?? '{}') as Task)
process.exit(0)
