import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { smallEnvironment } from '../helpers/cli.js'
import { endOf } from '../helpers/dashboards.js'
import { startOlder } from './matrix-own.js'
import type { Scope, Scopes } from './vantage-scopes.js'
import { childrenOf, daemonOf } from './vantage-processes.js'

/** How each victim of the vantage matrix comes up: real processes on the real ports of their range. */

export const PORTS = {
  ownLive: 9410,
  ownStale: 9411,
  oldStale: 9412,
  oldLive: 9413,
  preMarker: 9414,
  beyondPid: 9416,
  beyondTime: 9417,
  beyondUser: 9418,
  boardLive: 9250,
  boardStale: 9251,
  oldBoard: 9252,
  oldBoardStale: 9253,
  forkedParent: 9254,
} as const

const START_OWN = fileURLToPath(new URL('../fixtures/processes/start-own.mjs', import.meta.url))

/** The pids that it has, by the names of the victims. */
type Started = Readonly<Record<string, number>>

/** One or more victims that stand and fall together. */
export interface Stand {
  readonly scope: Scope | null
  readonly names: readonly string[]
  /** It leaves by itself some time later, and so is started anew after this long. */
  readonly maxAgeMs?: number
  start(scopes: Scopes): Promise<Started>
}

/** A daemon writes its record again when it vanishes, until it sees that its scope is gone too. */
const AS_IT_WRITES = { recursive: true, maxRetries: 10 } as const

export function own(name: keyof typeof PORTS, scope: string, kind: 'stale' | 'live'): Stand {
  const family = PORTS[name] < 9400 ? 'dashboard' : 'sync'
  return {
    scope: scope === 'gone' ? null : (scope as Scope),
    names: [name],
    start: async ({ at }) => {
      mkdirSync(join(at(scope), '.kittify'), { recursive: true })
      if (family === 'sync') rmSync(join(at(scope), 'daemons'), { recursive: true, force: true })
      const starter = startOwn(family, at(scope), rootOf(at, family, scope), PORTS[name])
      if ((await endOf(starter)) !== 0) throw new Error(`${name} was not started`)
      const pid = daemonOf(at(scope))
      // A stale one has lost its scope: a dashboard its project, a sync daemon its records and locks.
      const lost = family === 'sync' ? join(at(scope), 'daemons') : at(scope)
      if (kind === 'stale') rmSync(lost, AS_IT_WRITES)
      return { [name]: pid }
    },
  }
}

/** Starts what starts a daemon of ours that looks at nothing by itself for an hour. */
export function startOwn(
  family: 'sync' | 'dashboard',
  scope: string,
  root: string,
  port: number,
  prefix: readonly string[] = [],
): ChildProcess {
  const launch = JSON.stringify({ port, timing: { tickMs: 3_600_000 } })
  const line = [...prefix, process.execPath, START_OWN, family, scope, root, launch]
  return spawn(line[0] ?? '', line.slice(1), {
    env: smallEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

export function rootOf(at: Scopes['at'], family: 'sync' | 'dashboard', scope: string): string {
  return at(family === 'sync' ? scope : 'home')
}

export function old(
  name: keyof typeof PORTS,
  scope: string,
  more: Partial<Parameters<typeof spawnPredecessor>[0]> = {},
): Stand {
  const family = PORTS[name] < 9400 ? 'dashboard' : 'sync'
  return {
    scope: scope === 'gone-3' ? null : (scope as Scope),
    names: [name],
    start: async ({ at }) => {
      const place = family === 'sync' ? { root: at(scope) } : { project: at(scope) }
      const env = { SPEC_KITTY_HOME: at(family === 'sync' ? scope : 'home') }
      const options = { family, port: PORTS[name], version: '3.2.4', env, ...place, ...more } as const
      const { pid } = await spawnPredecessor(options)
      return { [name]: pid }
    },
  }
}

/** A daemon of ours that was started by hand has the times of every day: it leaves when it was idle for 15 minutes. */
export const older: Stand = {
  scope: 'older',
  names: ['ownOlder'],
  maxAgeMs: 600_000,
  start: async ({ at }) => {
    rmSync(join(at('older'), 'daemons'), { recursive: true, force: true })
    const { pid } = await startOlder('sync', at('older'), at('older'))
    return { ownOlder: pid }
  },
}

export const forked: Stand = {
  scope: 'p-fork',
  names: ['forkedParent', 'forkedChild'],
  start: async (scopes) => {
    const { forkedParent = 0 } = await old('forkedParent', 'p-fork', {
      record: true,
      keepChild: 'fork',
    }).start(scopes)
    return { forkedParent, forkedChild: childrenOf(forkedParent)[0] ?? 0 }
  },
}
