import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  existsSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { fileURLToPath } from 'node:url'
import { runCli, type Ran } from '../helpers/cli.js'
import { listenersOn, startTicksOf } from '../helpers/machine.js'
import { gone, processesNaming, signal, until, type Daemon } from './sync-root.js'

/** The page as it was built. */
export const PAGE = fileURLToPath(new URL('../../dist/dashboard/page/', import.meta.url))
export const isPageBuilt = existsSync(join(PAGE, 'index.html'))

/** A project with missions of every sort, and its dashboard, started by the command. */
export interface DashboardProject {
  readonly base: string
  readonly path: string
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  readonly record: string
  /** Writes a file of the project, its directories too. */
  write(name: string, text: string): void
  /** Runs a command of ours in the project. */
  run(args: readonly string[]): Ran
  /** `dashboard`, which must work. */
  start(): Daemon
  /** Ends what was started and removes everything. Fails when something of it is still there. */
  end(): Promise<void>
}

/** What must never be told: it stands beside the project, and links in the project lead to it. */
export const SECRET = 'what stands beside the project must not be shown'

export const MISSION = '001-login'

export function makeProject(): DashboardProject {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-pages-')))
  const path = join(base, 'project')
  const home = join(base, 'home')
  const env = { SPEC_KITTY_HOME: home }
  const record = join(path, '.kittify', 'daemon', 'record.json')
  const started: Daemon[] = []
  const run = (args: readonly string[]): Ran => runCli(args, { env, prefix: ['env', '-C', path] })
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  mkdirSync(join(path, '.kittify'), { recursive: true })
  return {
    base,
    path,
    home,
    env,
    record,
    write,
    run,
    start: () => {
      const { status, stderr } = run(['dashboard'])
      expect([status, stderr]).toEqual([0, ''])
      const { pid, port, instance_id } = JSON.parse(readFileSync(record, 'utf8'))
      const token = JSON.parse(readFileSync(tokenPath(home, instance_id), 'utf8')).token
      const daemon = { pid, port, token, instanceId: instance_id, ticks: startTicksOf(pid) ?? 'gone' }
      started.push(daemon)
      return daemon
    },
    end: async () => {
      for (const daemon of started) signal(daemon, 'SIGKILL')
      for (const daemon of started) await gone(daemon, 5_000)
      await until(() => listenersOn(9237, 9337).length === 0, 60_000)
      const left = [listenersOn(9237, 9337), processesNaming(base)]
      rmSync(base, { recursive: true, force: true })
      expect(left).toEqual([[], []])
    },
  }
}

/** Where a dashboard of this home keeps its token: outside the project, where no `git add` reaches it. */
export function tokenPath(home: string, instanceId: string): string {
  return join(home, 'daemons', 'dashboards', `${instanceId}.json`)
}

/** Missions as people write them, under names that are hard on a URL, and links that lead out of the project. */
export function fillProject({ base, path, write }: DashboardProject): void {
  writeFileSync(join(base, 'secret.md'), SECRET)
  mkdirSync(join(base, 'beside', 'contracts'), { recursive: true })
  writeFileSync(join(base, 'beside', 'spec.md'), SECRET)
  writeFileSync(join(base, 'beside', 'contracts', 'secret.md'), SECRET)
  writeMission(write, MISSION)
  for (const name of NAMES) writeMission(write, name)
  write('kitty-specs/002-links/meta.json', '{"friendly_name":"Links"}')
  for (const name of ['spec.md', 'contracts', 'tasks', 'checklists', 'status.events.jsonl']) {
    const target = { contracts: 'beside/contracts', tasks: 'beside', checklists: '.' }[name] ?? 'secret.md'
    symlinkSync(join(base, target), join(path, 'kitty-specs/002-links', name))
  }
  symlinkSync(join(path, '.kittify', 'daemon', 'record.json'), join(path, 'kitty-specs/002-links/plan.md'))
  symlinkSync(join(base, 'beside'), join(path, 'kitty-specs/003-beside'))
  symlinkSync(path, join(path, 'kitty-specs/004-itself'))
}

/** Names of missions: each must be reachable, percent-encoded once. */
export const NAMES = [
  'a%2Fb',
  '%2e%2e!',
  '100%',
  'what?#&=+',
  'it\'s <b>"bold"',
  'ö 😀 e\u0301',
  'back\\slash',
  'two  spaces and\ttab',
  'x'.repeat(200),
] as const

function writeMission(write: DashboardProject['write'], id: string): void {
  const place = `kitty-specs/${id}`
  write(`${place}/meta.json`, JSON.stringify({ friendly_name: `The mission ${id}` }))
  write(`${place}/spec.md`, `# ${id}\n\n<script>alert(1)</script>\n`)
  write(`${place}/contracts/api v1.yaml`, 'openapi: 3.0.0\n')
  write(`${place}/contracts/100%25.md`, 'percent\n')
  write(`${place}/tasks/WP01-start.md`, '---\nwork_package_id: WP01\ntitle: Start\n---\n\nDo it.\n')
  write(`${place}/status.events.jsonl`, laneEvent('planned', 1))
}

/** A line of `status.events.jsonl`. */
export function laneEvent(lane: string, second: number): string {
  const at = new Date(Date.UTC(2026, 10, 21, 12, 0, second)).toISOString()
  return `${JSON.stringify({ event_id: `event-${second}`, at, wp_id: 'WP01', from_lane: null, to_lane: lane })}\n`
}
