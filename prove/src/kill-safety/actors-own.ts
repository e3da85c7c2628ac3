import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import type { Enter, Scene } from './actors-predecessor.js'
import { argumentsOf, childrenOf, now } from './machine.js'
import { startOwn } from './own-daemon.js'
import type { Vantage } from './trial-plan.js'
import { filesOf } from './stage.js'
import { daemonTruth, type Truth } from './truth.js'

/** Daemons of ours: live, stale, older, stopped, and in other namespaces. */

interface Own {
  readonly version?: string
  readonly prefix?: readonly string[]
  readonly vantage?: Vantage
  readonly truth?: Partial<Truth>
  readonly after?: (scene: Scene, child: ChildProcess) => void
  /** True if the daemon is no longer the daemon of its scope. */
  readonly isStale?: boolean
}

function own({ version, prefix, truth, after, isStale = false, vantage = 'here' }: Own = {}): Enter {
  return async (scene) => {
    const { stage, cast, plan } = scene
    const scope = stage.at(plan.scope)
    mkdirSync(join(scope, '.kittify'), { recursive: true })
    const trace = join(stage.base, `trace-own-${plan.port}`)
    const startedAt = now()
    const order = { family: plan.family, scope, port: plan.port, trace }
    const child = await startOwn(stage, {
      ...order,
      ...(version === undefined ? {} : { version }),
      ...(prefix === undefined ? {} : { prefix }),
    })
    const pid = prefix === undefined ? (child.pid ?? 0) : daemonBelow(child.pid ?? 0)
    const singletonOf = isStale ? [] : [scope]
    cast.add({
      name: plan.id,
      kind: plan.kind,
      plan,
      pid,
      port: plan.port,
      ...(prefix === undefined ? { child } : {}),
      truth: daemonTruth(plan.family, 'own', scope, { singletonOf, ...truth }),
    })
    cast.cleaners.push({ trace, startedAt, family: plan.family, scope, vantage })
    after?.(scene, child)
  }
}

/** Returns the pid of the daemon that `unshare` has started. */
function daemonBelow(pid: number): number {
  const found = childrenOf(pid).find((child) => argumentsOf(child).some((word) => word.endsWith('daemon.js')))
  if (found === undefined) throw new Error('there is no daemon in the namespace')
  return found
}

const PIDS = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const TIME = ['unshare', '--time', '--boottime', '100000', '--fork', '--kill-child']
const stopIt = (_scene: Scene, child: ChildProcess): void => void child.kill('SIGSTOP')
/** Removing is tried again: if its record is removed, a daemon rewrites it until it notices that its scope is gone too. */
const AS_IT_WRITES = { recursive: true, maxRetries: 10 } as const
/**
 * Moves the lock and the record of the daemon to another path by moving a directory above them. The daemon is not
 * notified of that. If they were removed, it would be notified, and exit before a command sees it.
 */
const loseRecords = ({ stage, plan }: Scene): void => {
  const above = dirname(filesOf(stage.at(plan.scope), 'sync').own)
  renameSync(above, `${above}-${plan.port}`)
}
const loseProject = ({ stage, plan }: Scene): void => rmSync(stage.at(plan.scope), AS_IT_WRITES)

export const OWN_SYNC = {
  'own-live': own(),
  'own-stale': own({ isStale: true, after: loseRecords }),
  'own-older': own({ version: '0.0.1', truth: { isOlder: true } }),
  'own-wedged': own({ truth: { answers: false }, after: stopIt }),
  'own-in-pids': own({ prefix: PIDS, vantage: 'pids', truth: { isBeyond: true } }),
  'own-in-time': own({ prefix: TIME, vantage: 'time', truth: { isBeyond: true } }),
} satisfies Readonly<Record<string, Enter>>

export const OWN_BOARDS = {
  'board-live': own(),
  'board-gone': own({ isStale: true, truth: { isProjectGone: true }, after: loseProject }),
  'board-older': own({ version: '0.0.1', truth: { isOlder: true } }),
  'board-wedged': own({ truth: { answers: false }, after: stopIt }),
} satisfies Readonly<Record<string, Enter>>
