import type { Launch } from 'familiar'
import type { Io } from '../cli/io.js'
import { DAEMON_ENTRY, VERSION_VARIABLE } from '../installation.js'
import type { ToolDaemon } from './tool-daemon.js'

/**
 * Variables that a daemon does not inherit: the one that fakes a version, and those for sockets that a service manager
 * handed to the caller.
 */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  VERSION_VARIABLE,
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_FDNAMES',
])

/**
 * `NODE_*` variables configure the caller's own Node (options, preloads, module paths, coverage, debugging, a channel to
 * its parent). A daemon outlives the caller, so it inherits none. On Windows, names are case-insensitive.
 */
function isPassedOn(name: string): boolean {
  return !NOT_PASSED_ON.has(name) && !name.toUpperCase().startsWith('NODE_')
}

/** Reduces the memory of an idle daemon from 51 MB to 43: it needs no V8 thread pool and no large young generation. */
const NODE_OPTIONS = '--v8-pool-size=0 --max-semi-space-size=1'

/** Returns how the daemon of a scope is started. The command line is frozen: later versions recognise the daemon by it. */
export function launchOf({ family, marker, logFile }: ToolDaemon, scope: string, env: Io['env']): Launch {
  const kept = Object.entries(env).filter(([name]) => isPassedOn(name))
  return {
    args: [DAEMON_ENTRY, family.name, `${marker}${scope}`],
    // NODE_V8_COVERAGE must be named: Node copies it from the caller into any child environment that lacks the key.
    env: { ...Object.fromEntries(kept), NODE_OPTIONS, NODE_V8_COVERAGE: undefined },
    cwd: '/',
    logFile: logFile(scope),
  }
}
