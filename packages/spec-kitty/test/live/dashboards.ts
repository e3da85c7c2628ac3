import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { smallEnvironment, type RunOptions } from '../helpers/cli.js'
import {
  dashboardsOf,
  endOf,
  gone,
  processesNaming,
  processOf,
  runIn,
  signal,
  until,
  type Process,
  type Timed,
} from '../helpers/dashboards.js'
import { listenersOn, isPrivate } from '../helpers/machine.js'
import { NO_MOUNT } from './sync-mount.js'

export { skipAloud } from '../../../familiar/test/helpers/skip.js'
export { NO_MOUNT }

export const FROM = 9237
export const TO = 9337

/** A dashboard that a command of a test started. */
export interface Dashboard extends Process {
  readonly project: string
  readonly port: number
  readonly token: string
  readonly url: string
}

const TIMED = fileURLToPath(new URL('../fixtures/processes/start-dashboard-timed.mjs', import.meta.url))

/** Starting all at once takes two cores longer than starting some at a time. */
const AT_ONCE = 8

/** A directory of its own with projects in it, a runtime root, and every dashboard that is started for them. */
export interface DashboardTestEnv {
  readonly base: string
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** Makes a project and returns its path. */
  project(name: string): string
  run(project: string, args: readonly string[], options?: RunOptions): Promise<Timed>
  json(
    project: string,
    args: readonly string[],
    options?: RunOptions,
  ): Promise<Timed & { readonly document: any }>
  /** `dashboard`, which must work. */
  start(project: string, options?: RunOptions): Promise<Dashboard>
  /** The same with other times than a command gives it. */
  startTimed(project: string, timing: Readonly<Record<string, number>>): Promise<Dashboard>
  /** A predecessor's dashboard of the project, with its record where that is asked for. */
  predecessor(
    port: number,
    project: string,
    options?: Partial<Parameters<typeof spawnPredecessor>[0]>,
  ): Promise<Process & { readonly token: string; readonly port: number; readonly project: string }>
  /** Ends what was started here and removes the directory. Fails when anything of it is left. */
  end(): Promise<void>
}

export function makeDashboardTestEnv(): DashboardTestEnv {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-dash-')))
  chmodSync(base, 0o755)
  const home = join(base, 'home')
  const env = { HOME: home, SPEC_KITTY_HOME: join(home, '.spec-kitty') }
  mkdirSync(env.SPEC_KITTY_HOME, { recursive: true })
  const run: DashboardTestEnv['run'] = (project, args, options = {}) =>
    runIn(project, args, { ...options, env: { ...env, ...options.env } })
  return {
    base,
    home,
    env,
    project: (name) => {
      const path = join(base, name)
      mkdirSync(join(path, '.kittify'), { recursive: true })
      return path
    },
    run,
    json: async (project, args, options) => {
      const ran = await run(project, [...args, '--json'], options)
      return { ...ran, document: JSON.parse(ran.stdout) }
    },
    start: async (project, options) => {
      const { status, stdout, stderr } = await run(project, ['dashboard'], options)
      expect([status, stderr]).toEqual([0, ''])
      const dashboard = recorded(project)
      expect(stdout).toBe(`${dashboard.url}/\n`)
      return dashboard
    },
    startTimed: async (project, timing) => {
      const child = spawn(
        process.execPath,
        [TIMED, project, env.SPEC_KITTY_HOME, JSON.stringify({ tickMs: 3_600_000, ...timing })],
        { env: smallEnvironment(env), stdio: ['ignore', 'ignore', 'inherit'] },
      )
      expect(await endOf(child)).toBe(0)
      return recorded(project)
    },
    predecessor: async (port, project, options = {}) => {
      const { pid, token } = await spawnPredecessor({ family: 'dashboard', port, project, ...options })
      return { ...processOf(pid), port, token, project }
    },
    end: async () => {
      await stopAll()
      const ours = dashboardsOf(base)
      for (const daemon of ours) signal(daemon, 'SIGKILL')
      for (const daemon of ours) await gone(daemon, 60_000)
      await until(() => listenersOn(FROM, TO).length + processesNaming(base).length === 0, 60_000)
      const left = [listenersOn(FROM, TO), processesNaming(base)]
      rmSync(base, { recursive: true, force: true })
      expect(left).toEqual([[], []])
    },
  }
}

/** Returns the record of a project as it stands, null where there is none or it is not JSON. */
export function recordIn(project: string): Record<string, any> | null {
  try {
    return JSON.parse(readFileSync(recordPath(project), 'utf8'))
  } catch {
    return null
  }
}

export function recordPath(project: string): string {
  return join(project, '.kittify', 'daemon', 'record.json')
}

/** Returns the running dashboard that the record of a project names. */
export function recorded(project: string): Dashboard {
  const record = recordIn(project)
  if (record?.['state'] !== 'running') throw new Error(`no running dashboard is recorded in ${project}`)
  const { pid, port, url } = record
  return { ...processOf(pid), project, port, token: tokenOf(record), url }
}

/** Returns the token of a running dashboard: it stands in the root that its process was started with. Empty where it has none. */
export function tokenOf(record: Record<string, any>): string {
  const environment = readFileSync(`/proc/${record['pid']}/environ`, 'utf8').split('\0')
  const root = environment
    .find((entry) => entry.startsWith('SPEC_KITTY_HOME='))
    ?.slice('SPEC_KITTY_HOME='.length)
  const path = join(root ?? '', 'daemons', 'dashboards', `${record['instance_id']}.json`)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).token : ''
}

/** Does something with each, a few at a time, and returns the results in order. */
export async function forEach<T, R>(
  things: readonly T[],
  act: (thing: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  const left = things.entries()
  const work = async (): Promise<void> => {
    for (const [index, thing] of left) results[index] = await act(thing, index)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return results
}

/** Mounts a small file system in memory on a directory that is made for it; false where this machine does not allow it. */
export function mountAt(path: string): boolean {
  if (!isPrivate) return false
  mkdirSync(path, { recursive: true })
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=0755', 'familiar', path]).status === 0
}

/** A daemon writes a file in less time than that many calls of `mount` take. */
const FREEZES = 100

/** Makes what is below a directory read-only for everybody, through this path; `unmount` undoes it. */
export function freeze(path: string): void {
  if (!isPrivate || spawnSync('mount', ['--bind', path, path]).status !== 0) throw new Error(NO_MOUNT)
  // The kernel refuses it while a daemon has a file there open for writing.
  const isReadOnly = Array.from({ length: FREEZES }).some(
    () => spawnSync('mount', ['-o', 'remount,bind,ro', path]).status === 0,
  )
  if (isReadOnly) return
  unmount(path)
  throw new Error(NO_MOUNT)
}

/** Takes it out of the tree, also while processes still stand in it. */
export function unmount(path: string): void {
  if (existsSync(path)) spawnSync('umount', ['-l', path])
}

/** Holds ports in this process, as other programs do. */
export function createHolders() {
  const servers: ReturnType<typeof createServer>[] = []
  return {
    take: (port: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const server = createServer((_request, response) => response.end('hello')).once('error', reject)
        server.listen(port, '127.0.0.1', resolve)
        servers.push(server)
      }),
    release: async (): Promise<void> => {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
}
