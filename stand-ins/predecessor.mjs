// @ts-check
import { randomBytes } from 'node:crypto'
import { chownSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { dashboardArguments, PYTHON, syncArguments } from './predecessor-command-lines.mjs'
import { preloadFor } from './other-user.mjs'
import releases from './predecessor-differences.cjs'
import { writeDashboardRecord, writeSyncRecord } from './write-predecessor-record.mjs'
import { start } from './started-processes.mjs'

export { writeDashboardRecord, writeSyncRecord } from './write-predecessor-record.mjs'
export { stopAll } from './started-processes.mjs'

/**
 * What to imitate.
 *
 * `marker`: the value of `--spec-kitty-daemon-root=`: the root (true), another path, or no marker (false). The default is
 * what that release does. For a dashboard, a path replaces the project in the script.
 * `argvPort`: the port in the command line, if it is to differ from the listener's.
 * `health`: overrides keys of the health payload; null removes a key.
 * `owner`: false writes no shared owner file; needed where `uid` cannot write to the root.
 * `silentPort`: a second port on which it listens without ever answering.
 * `keepChild`: a child keeps the port open after the process has ended; with `fork` the child has the same command line,
 * as after Python's `os.fork`.
 * `endCpuMs`: CPU time that it uses when it ends, by default less than a real one. If `endSleepMs` is not 0, it closes its port and sleeps that long first.
 * `env`: overrides its environment, which names the root as a start of that release would: by `SPEC_KITTY_HOME`, or, for
 * a release that ignores that variable, by `HOME`, which is always set.
 *
 * @typedef {{ family: 'sync' | 'dashboard', port: number, version?: string, root?: string, project?: string,
 *   token?: string, marker?: boolean | string, argvPort?: number,
 *   behaviour?: import('./predecessor-health.cjs').Behaviour | undefined, health?: Record<string, unknown>,
 *   bind?: string, ipv6Only?: boolean, silentPort?: number, uid?: number, gid?: number, cwd?: string, record?: boolean,
 *   owner?: boolean, keepChild?: boolean | 'fork', detached?: boolean, node?: string, endCpuMs?: number,
 *   endSleepMs?: number, env?: NodeJS.ProcessEnv }} PredecessorOptions
 *
 * @typedef {import('./started-processes.mjs').Started & { port: number, token: string, version: string,
 *   root: string | undefined, project: string | undefined }} Predecessor
 */

/**
 * The CPU time that a real sync daemon needs to end, in ms. For measurements. A real dashboard needs no more than a
 * stand-in: 42 real ones that were ended together needed 0.45 s on two cores.
 */
export const REAL_END_CPU_MS = 100

/** Enough that the end takes some time. Tests end hundreds of stand-ins, and the real time would double what each takes. */
const END_CPU_MS = { sync: 10, dashboard: 0 }

/**
 * Resolves when the stand-in listens and its files are written. Rejects with its stderr if it ends before that
 * (`exitCode` 98: the port is taken), and with code `STAND_IN_UNREACHABLE` if `uid` cannot run it.
 *
 * @param {PredecessorOptions} options
 * @returns {Promise<Predecessor>}
 */
export async function spawnPredecessor(options) {
  const { family, port, version = '3.2.5', root, project, token = randomBytes(16).toString('hex') } = options
  const {
    uid,
    gid,
    node = process.execPath,
    bind = '127.0.0.1',
    keepChild = false,
    detached = false,
  } = options
  const { ipv6Only = false, behaviour, health = {}, owner = true, silentPort = null } = options
  const { endCpuMs = END_CPU_MS[family], endSleepMs = 0 } = options
  const writesOwner = owner && family === 'sync' && releases.keepsOwner(version)
  const ending = { endCpuMs, endSleepMs }
  const says = { family, port, version, root, project, token, health }
  const config = { ...says, ...ending, bind, ipv6Only, silentPort, behaviour, keepChild, owner: writesOwner }
  const args = argumentsOf(options, token, version)
  const { preload, release } = preloadFor(uid, node)
  try {
    const started = await start(node, args, {
      argv0: PYTHON,
      cwd: options.cwd ?? (uid === undefined ? undefined : '/'),
      env: {
        ...homeOf(options, version),
        ...options.env,
        NODE_OPTIONS: `--require "${preload.replaceAll(/["\\]/g, '\\$&')}"`,
        STAND_IN: JSON.stringify(config),
      },
      stdio: ['ignore', 'pipe', 'pipe', ...(keepChild ? /** @type {const} */ (['pipe']) : [])],
      detached,
      uid,
      gid,
    })
    if (options.record) record(options, token, started.pid)
    return { ...started, port, token, version, root, project }
  } finally {
    release()
  }
}

/** @param {PredecessorOptions} options @param {string} version @returns {NodeJS.ProcessEnv} */
function homeOf({ family, root }, version) {
  if (family !== 'sync' || root === undefined) return {}
  // Every shell sets HOME. For a root of another name, it names a default root that was never made.
  const home = { HOME: basename(root) === '.spec-kitty' ? dirname(root) : root }
  return releases.readsHomeVariable(version) ? { ...home, SPEC_KITTY_HOME: root } : home
}

/** @param {PredecessorOptions} options @param {string} token @param {string} version */
function argumentsOf(options, token, version) {
  const { family, port, argvPort = port, root, project, marker = releases.namesRoot(version) } = options
  const scope = family === 'sync' ? root : project
  if (scope === undefined) throw new TypeError(family === 'sync' ? 'root is missing' : 'project is missing')
  const said = typeof marker === 'string' ? marker : scope
  if (family === 'dashboard') return dashboardArguments(argvPort, token, said)
  return syncArguments(argvPort, token, marker === false ? undefined : said, version)
}

/**
 * Writes the record as the predecessor's starter would, owned by the daemon's user.
 *
 * @param {PredecessorOptions} options @param {string} token @param {number} pid
 */
function record({ family, port, root = '', project = '', uid, gid }, token, pid) {
  const fields = { port, token, pid }
  const path = family === 'sync' ? writeSyncRecord(root, fields) : writeDashboardRecord(project, fields)
  if (uid !== undefined) chownSync(path, uid, gid ?? uid)
}
