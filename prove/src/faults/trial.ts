import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { recordOf } from '../stage/home.js'
import { daemonsOf, until } from '../stage/processes.js'
import type { Ran } from '../stage/run.js'
import { perform, type Place } from './actions.js'
import { hasMet, hitIn, MESSAGE, UNLOCKING, type Hit } from './calls.js'
import { formOf, goOn, settle } from './checks.js'
import { tracing } from './enumerate.js'
import type { Trial } from './plan.js'
import type { createStage } from './stage.js'

/** The result of a trial. */
export interface Outcome {
  readonly name: string
  readonly action: string
  readonly fault: string
  readonly isHit: boolean
  readonly isOurs: boolean
  readonly isPackage: boolean
  readonly status: number | null
  readonly wrong: readonly string[]
  readonly acknowledged: number
  readonly lost: number
  readonly nextMs: number
  /** How often the next command asked to be run again. It is run again only if the machine was seen to be busy. */
  readonly again: number
  /** Whether the machine was seen to be busy while the next command ran. */
  readonly isBusy: boolean
  /** True if the fault affected the daemon only while or after the next command ran. Then the command after it must succeed. */
  readonly isHitNow: boolean
  /** True if the command reported an unreadable file of its package as an internal error. */
  readonly isInternal: boolean
  /** True if the fault affected a call of Node's own, and Node reported it with its own message or hung. */
  readonly isNodes: boolean
}

type Stage = ReturnType<typeof createStage>

export async function doTrial(trial: Trial, stage: Stage): Promise<Outcome> {
  const { action } = trial
  const place = stage.make(action.needsOrphans)
  try {
    if (trial.kind === 'hardship') trial.hardship.begin?.(place)
    await action.prepare?.(place)
    const { ran, hit } = trial.kind === 'call' ? await disturbCall(trial, place) : await endure(trial, place)
    const fault = trial.kind === 'call' ? trial.fault : trial.hardship.id
    const wrong = [...(await formWrong(trial, ran, hit, place)), ...(await settle(place))]
    const after = await goOn(place, action, stage.lateness, () => hitsOf(trial, place))
    const acknowledged = action.acknowledged?.(place, ran) ?? []
    const lost = await lostOf(place, acknowledged)
    if (lost > 0) wrong.push(`${lost} of ${acknowledged.length} acknowledged events are lost`)
    const all = [...wrong, ...after.wrong]
    const about = trial.kind === 'call' ? ` [${trial.call.about}]` : ''
    return {
      name: trial.name,
      action: action.id,
      fault,
      ...hit,
      status: ran.status,
      wrong: all.map((one) => `${one}${about}`),
      acknowledged: acknowledged.length,
      lost,
      nextMs: after.ms,
      again: after.again,
      isBusy: after.isBusy,
      isHitNow: after.isHitNow,
      isInternal: hit.isPackage && formOf(ran, false) !== null,
      isNodes: isNodesEnd(trial, ran, hit),
    }
  } finally {
    spawnSync('umount', ['-l', place.home], { stdio: 'ignore' })
    await stage.clear(place)
  }
}

function hitsOf(trial: Trial, { base }: Place): number {
  return trial.kind === 'call' ? hitIn(join(base, 'trace'), base, trial.fault).count : 0
}

function isNodesEnd(trial: Trial, ran: Ran, hit: Hit): boolean {
  const isKilled = trial.kind === 'call' && trial.fault === 'SIGKILL'
  const isNodesOnly = hit.isHit && !hit.isOurs && !hit.isPackage
  const isAbort = hit.isNodesToo && ran.signal === 'SIGABRT'
  const isLocked = ran.isLate && hasMet(hit, ran.pid, UNLOCKING)
  return !isKilled && (isNodesOnly || isAbort || isLocked) && formOf(ran, false) !== null
}

/**
 * Returns how many acknowledged events were lost. If the server does not receive them soon after the next command, it
 * never will.
 */
async function lostOf({ server }: Place, acknowledged: readonly string[]): Promise<number> {
  const missing = (): number => acknowledged.filter((id) => !server.accepted.has(id)).length
  await until(() => missing() === 0, 5_000)
  return missing()
}

async function disturbCall(trial: Trial & { kind: 'call' }, place: Place): Promise<{ ran: Ran; hit: Hit }> {
  const { action, call, fault } = trial
  const trace = join(place.base, 'trace')
  const what = fault === 'SIGKILL' ? 'signal=SIGKILL' : `error=${fault}`
  const filter = ['-e', `trace=${call.name}`, '-e', `inject=${call.name}:${what}:when=${call.nth}`]
  const ran = await perform(action, place, tracing(action, trace, filter))
  const hit = await until(() => hitIn(trace, place.base, fault).isHit, 100).then(() =>
    hitIn(trace, place.base, fault),
  )
  const isKilled = fault === 'SIGKILL' && ran.signal === 'SIGKILL' && !ran.isLate
  return { ran, hit: isKilled ? { ...hit, isHit: true, isOurs: true } : hit }
}

async function endure(trial: Trial & { kind: 'hardship' }, place: Place): Promise<{ ran: Ran; hit: Hit }> {
  const { action, hardship, value } = trial
  hardship.harden?.(place, value)
  mkdirSync(place.project, { recursive: true })
  const running = perform(action, place, hardship.prefix?.(value, place) ?? [])
  await Promise.all([running, hardship.meanwhile?.(place, value)])
  hardship.end?.(place)
  const isOurs = !hardship.isNodes(value)
  const hit = { isHit: true, count: 1, isOurs, isNodesToo: !isOurs, met: [], isPackage: false }
  return { ran: await running, hit }
}

/**
 * Returns what is wrong with how a command ended that was affected by our fault and not killed. It must end as
 * documented, and tell the truth.
 */
async function formWrong(trial: Trial, ran: Ran, hit: Hit, { home }: Place): Promise<readonly string[]> {
  const isKilled = trial.kind === 'call' && trial.fault === 'SIGKILL'
  // Node waits forever if it gets no memory for one of its own threads.
  if (isNodesEnd(trial, ran, hit)) return []
  if (ran.isLate) return ['it did not end within its time']
  if (isKilled) return []
  const isLost = hasMet(hit, ran.pid, MESSAGE)
  const form = hit.isOurs || hit.isPackage || !hit.isHit ? formOf(ran, hit.isPackage, isLost) : null
  if (form !== null) return [form]
  const isStart = trial.action.args.join(' ') === 'sync start'
  if (!isStart || ran.status !== 0) return []
  const record = recordOf(home)
  const isTrue = record !== null && record !== 'damaged' && daemonsOf(home).includes(record.pid)
  return isTrue ? [] : ['the command said that a daemon runs, and none does']
}
