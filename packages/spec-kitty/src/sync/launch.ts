import { join } from 'node:path'
import type { Launch } from 'familiar'
import type { Io } from '../cli/io.js'
import { daemonLaunch } from '../daemon-launch.js'

/** Returns how the sync daemon of a root is started. */
export function launchSync(root: string, env: Io['env']): Launch {
  return daemonLaunch('sync', `--spec-kitty-daemon-root=${root}`, logFile(root), env)
}

/** Where the sync daemon of a root writes its log. */
export function logFile(root: string): string {
  return join(root, 'daemons', 'sync', 'daemon.log')
}

/** A hint for the case that this root's daemon runs where this command cannot reach it. */
export const OTHER_ROOT = 'set SPEC_KITTY_HOME to another directory to have another daemon here'
