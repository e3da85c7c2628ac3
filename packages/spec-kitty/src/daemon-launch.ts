import { fileURLToPath } from 'node:url'
import type { Launch } from 'familiar'
import type { Io } from './cli/io.js'
import { VERSION_VARIABLE } from './installation.js'

const ENTRY = fileURLToPath(new URL('./spec-kitty-daemon.js', import.meta.url))

/** Variables that would fake a version, and the sockets that a service manager handed to the caller. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  VERSION_VARIABLE,
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_FDNAMES',
])

/**
 * What the caller's own Node is told (options, preloads, module paths, coverage, debugging, a channel to its parent) is
 * not for a daemon that outlives it. On Windows names have no case.
 */
function isPassedOn(name: string): boolean {
  return !NOT_PASSED_ON.has(name) && !name.toUpperCase().startsWith('NODE_')
}

/** An idle daemon needs no thread pool for V8 and no large young generation: 43 MB instead of 51. */
const NODE_OPTIONS = '--v8-pool-size=0 --max-semi-space-size=1'

/** Returns how a daemon is started. The command line is frozen: later versions recognise it. */
export function daemonLaunch(
  family: 'sync' | 'dashboard',
  marker: string,
  logFile: string,
  env: Io['env'],
): Launch {
  const kept = Object.entries(env).filter(([name]) => isPassedOn(name))
  return {
    args: [ENTRY, family, marker],
    // Node copies this one from the caller to every child whose environment does not name it.
    env: { ...Object.fromEntries(kept), NODE_OPTIONS, NODE_V8_COVERAGE: undefined },
    cwd: '/',
    logFile,
  }
}
