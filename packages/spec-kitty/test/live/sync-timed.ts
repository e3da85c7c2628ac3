import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { smallEnvironment } from '../helpers/cli.js'
import { HUNG_MS } from '../helpers/dashboards.js'
import type { Daemon, SyncRoot } from './sync-root.js'

const MAIN = fileURLToPath(new URL('../fixtures/processes/start-timed.mjs', import.meta.url))

/** Starts the daemon of the root with other times than a command gives it: nothing else can lower them. */
export function startTimed(
  root: SyncRoot,
  timing: Readonly<Record<string, number>>,
  env: Readonly<Record<string, string>> = {},
): Daemon {
  const { stderr } = spawnSync(process.execPath, [MAIN, root.path, JSON.stringify(timing)], {
    env: smallEnvironment(env),
    encoding: 'utf8',
    timeout: HUNG_MS,
  })
  const daemon = root.remember()
  if (daemon === null) throw new Error(`no daemon was started: ${stderr}`)
  return daemon
}
