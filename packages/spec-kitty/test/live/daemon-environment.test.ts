import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeDashboardTestEnv, type DashboardTestEnv } from './dashboards.js'
import { makeRoot, type SyncRoot } from './sync-root.js'

/** A daemon outlives its caller: what the caller's Node was told is not for it. */
let root: SyncRoot
let place: DashboardTestEnv

beforeEach(() => {
  root = makeRoot()
  place = makeDashboardTestEnv()
})

afterEach(async () => {
  await root.end()
  await place.end()
})

const OURS = 'NODE_OPTIONS=--v8-pool-size=0'

/** What a developer's shell, a test runner or a parent process may have set for Node. */
function callersNode(base: string): Readonly<Record<string, string>> {
  const preload = join(base, 'preload.cjs')
  writeFileSync(preload, 'console.log("printed by a preload"); console.error("and this")\n')
  const coverage = join(base, 'coverage')
  mkdirSync(coverage)
  return {
    NODE_OPTIONS: `--require ${preload}`,
    NODE_PATH: base,
    NODE_V8_COVERAGE: coverage,
    NODE_DEBUG: 'net',
    NODE_PENDING_DEPRECATION: '1',
    NODE_UNIQUE_ID: '7',
    NODE_REPL_HISTORY: join(base, 'history'),
    LISTEN_FDNAMES: 'http',
    KEPT: 'yes',
  }
}

function environmentOf(pid: number): readonly string[] {
  const all = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  return all.filter((line) => /^(?:NODE_|LISTEN_|KEPT)/.test(line)).toSorted()
}

it('a sync daemon gets nothing of it', () => {
  const env = callersNode(root.base)
  const { status } = root.run(['sync', 'start'], { env })
  const daemon = root.remember()
  expect([status, environmentOf(daemon?.pid ?? 0)]).toEqual([0, ['KEPT=yes', OURS]])
  expect(root.run(['sync', 'stop']).status).toBe(0)
  expect(readFileSync(root.file('daemon.log'), 'utf8')).not.toContain('printed')
  // The command itself may write what its Node was told to; the daemon does not.
  const written = readdirSync(env['NODE_V8_COVERAGE'] ?? '').map((name) => Number(name.split('-')[1]))
  expect(written).not.toContain(daemon?.pid)
})

it('a dashboard gets nothing of it', async () => {
  const project = place.project('p')
  const { status } = await place.run(project, ['dashboard'], { env: callersNode(place.base) })
  const { document } = await place.json(project, ['dashboard', '--status'])
  expect([status, environmentOf(document.pid)]).toEqual([0, ['KEPT=yes', OURS]])
})
