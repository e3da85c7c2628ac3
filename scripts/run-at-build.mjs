// @ts-check
import { spawnSync } from 'node:child_process'

/** How long a command may run. It takes a second on a busy machine. */
const WITHIN_MS = 30_000

/**
 * Runs Node with this home and no other variables than these. Returns why it failed, or null.
 *
 * @param {readonly string[]} args @param {string} home @param {NodeJS.ProcessEnv} variables
 */
export function runAtBuild(args, home, variables, withinMs = WITHIN_MS) {
  const { PATH, SystemRoot } = process.env
  const { error, signal, status } = spawnSync(process.execPath, args, {
    cwd: home,
    env: { PATH, SystemRoot, HOME: home, USERPROFILE: home, ...variables },
    stdio: 'ignore',
    timeout: withinMs,
    killSignal: 'SIGKILL',
  })
  if (error !== undefined) return error.message
  return status === 0 ? null : `it ended with ${signal ?? status}`
}
