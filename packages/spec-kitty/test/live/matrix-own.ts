import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { smallEnvironment, ENTRY } from '../helpers/cli.js'
import { until } from './sync-root.js'

const MAIN = fileURLToPath(new URL('../fixtures/processes/start-own.mjs', import.meta.url))

/** Where a daemon of ours runs. */
export interface Own {
  readonly pid: number
  readonly port: number
}

/**
 * Starts a daemon of ours on this very port, whatever family the port belongs to, that looks at nothing by itself for
 * an hour, and hears of no change. A stale one has lost its scope: a dashboard its project, a sync daemon its records and locks.
 */
export async function startOwn(
  family: 'sync' | 'dashboard',
  scope: string,
  root: string,
  port: number,
  isStale: boolean,
): Promise<Own> {
  const args = [MAIN, family, scope, root, JSON.stringify({ port, timing: { tickMs: 3_600_000 } })]
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    env: smallEnvironment(),
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (stdout === '') throw new Error(`no ${family} daemon was started on port ${port}: ${stderr}`)
  if (isStale) rmSync(family === 'sync' ? join(scope, 'daemons') : scope, { recursive: true })
  return JSON.parse(stdout) as Own
}

/** Starts a daemon of ours of an older version by hand, on the first port of its range that is free. */
export async function startOlder(family: 'sync' | 'dashboard', scope: string, root: string): Promise<Own> {
  const isSync = family === 'sync'
  const marker = isSync ? `--spec-kitty-daemon-root=${scope}` : `--spec-kitty-dashboard-project=${scope}`
  const env = smallEnvironment({ SPEC_KITTY_HOME: root, SPEC_KITTY_CLI_VERSION: '0.0.1' })
  spawn(process.execPath, [ENTRY, family, marker], { env, stdio: 'ignore', detached: true }).unref()
  const record = join(scope, isSync ? 'daemons/sync/record.json' : '.kittify/daemon/record.json')
  if (!(await until(() => existsSync(record), 60_000)))
    throw new Error(`no older ${family} daemon was started`)
  return JSON.parse(readFileSync(record, 'utf8')) as Own
}
