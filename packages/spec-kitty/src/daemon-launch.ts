import { fileURLToPath } from 'node:url'
import type { Launch } from 'familiar'
import type { Io } from './cli/io.js'
import { VERSION_VARIABLE } from './installation.js'

const ENTRY = fileURLToPath(new URL('./spec-kitty-daemon.js', import.meta.url))

/** Variables that would fake a version or a reason, or that are the caller's alone. */
const NOT_PASSED_ON = new Set([
  VERSION_VARIABLE,
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'LISTEN_FDS',
  'LISTEN_PID',
])

/** An idle daemon needs no thread pool for V8 and no large young generation: 43 MB instead of 51. */
const NODE_OPTIONS = '--v8-pool-size=0 --max-semi-space-size=1'

/** Returns how a daemon is started. The command line is frozen: later versions recognise it. */
export function daemonLaunch(
  family: 'sync' | 'dashboard',
  marker: string,
  logFile: string,
  env: Io['env'],
): Launch {
  const kept = Object.entries(env).filter(([name]) => !NOT_PASSED_ON.has(name))
  return {
    args: [ENTRY, family, marker],
    env: { ...Object.fromEntries(kept), NODE_OPTIONS },
    cwd: '/',
    logFile,
  }
}
