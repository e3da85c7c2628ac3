import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, expect, vi } from 'vitest'
import type { Daemon } from '../../src/define/define-daemon.js'
import { isMachineBusy } from './busy.js'
import { eventually } from './eventually.js'
import { makeHome, removeHomes } from './homes.js'
import { installExample } from './install-tarball.js'
import { isAlive, startTicksOf } from './machine.js'
import { withoutWaits } from './waits.js'

/** The examples, installed from the packed library, and what the machine says of their daemons. Linux. */

/** How a command ended, and what it printed but for its waits. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Command {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** One user with a home directory of their own, and the processes that are started for them. */
export interface User {
  /** Everything is below this directory: no other process has its path in its command line. */
  readonly base: string
  /** The environment of every command: small, and without `CI`. */
  readonly env: Readonly<Record<string, string>>
  /** The directory with what daemons of this name keep. */
  state(name: string): string
  /** Installs an example. */
  install(example: string, version?: string): Installed
  /** The living processes of this user whose command line has this argument, or one that begins with it. */
  processes(argument: string): readonly number[]
}

export interface Installed {
  readonly directory: string
  /** Starts `cli.js` in a process group of its own, as a shell does. */
  start(args: readonly string[], options?: StartOptions): Command
  run(args: readonly string[], options?: StartOptions): Promise<Ended>
  /** Loads the definition, with the library that the example's own modules get. */
  load(name: string): Promise<Daemon>
  /** Loads another module below the directory. */
  loadModule(path: string): Promise<any>
}

export interface StartOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Ends what a test has started for its users after each test, and removes their directories at the end. */
export function leaveNoUsers(): void {
  afterEach(async () => {
    vi.unstubAllEnvs()
    await Promise.all([...users].map(endAll))
    users.clear()
  })
  afterAll(removeHomes)
}

const users = new Set<User>()

/** Makes a user. From now on until the end of the test, the library in this process looks into their directories too. */
export function makeUser(): User {
  const base = realpathSync(makeHome())
  const env = {
    PATH: process.env['PATH'] ?? '',
    TMPDIR: process.env['TMPDIR'] ?? '/tmp',
    HOME: join(base, 'home'),
    XDG_STATE_HOME: join(base, 'state'),
    // By it, `npm test` finds what was left behind.
    FAMILIAR_TEST_RUN: process.env['FAMILIAR_TEST_RUN'] ?? '',
  }
  mkdirSync(env.HOME)
  vi.stubEnv('HOME', env.HOME)
  vi.stubEnv('XDG_STATE_HOME', env.XDG_STATE_HOME)
  const user: User = {
    base,
    env,
    state: (name) => join(env.XDG_STATE_HOME, name),
    install: (example, version) => {
      const directory = join(base, 'lib', `${example}-${version ?? 'own'}`)
      installExample(example, directory, version)
      return installed(directory, env)
    },
    processes: (argument) =>
      processesOf(base).filter((pid) => argumentsOf(pid).some((one) => one.startsWith(argument))),
  }
  users.add(user)
  return user
}

function installed(directory: string, env: Readonly<Record<string, string>>): Installed {
  const start = (args: readonly string[], options: StartOptions = {}): Command => {
    const child = spawn(process.execPath, [join(directory, 'cli.js'), ...args], {
      cwd: options.cwd ?? directory,
      env: { ...env, ...options.env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return { child, ended: endOf(child) }
  }
  const loadModule = (path: string): Promise<any> =>
    import(/* @vite-ignore */ pathToFileURL(join(directory, path)).href)
  return {
    directory,
    start,
    run: (args, options) => start(args, options).ended,
    load: async (name) => (await loadModule('daemon.js'))[name],
    loadModule,
  }
}

function endOf(child: ChildProcess): Promise<Ended> {
  const said = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) =>
      resolve({ status, signal, stdout: said.stdout, stderr: withoutWaits(said.stderr) }),
    )
  })
}

/**
 * Starts a command for each directory at once, and returns how they ended. Where others keep the machine busy, a daemon
 * may not answer within the time that it is given, and a command then says so, which is the documented bound. That command
 * is run again, and must be served. On a quiet machine none may be refused.
 */
export async function runAtOnce(
  tool: Installed,
  args: readonly string[],
  directories: readonly string[],
): Promise<readonly Ended[]> {
  const isBusy = await isMachineBusy()
  const ended = await Promise.all(directories.map((cwd) => tool.run(args, { cwd })))
  if (!isBusy) return ended
  const again: Ended[] = []
  for (const [index, one] of ended.entries()) {
    const isRefused = one.status === 1 && one.stderr.includes(') does not answer; ')
    again.push(isRefused ? await tool.run(args, { cwd: directories[index] ?? '' }) : one)
  }
  return again
}

/** Runs the example's own tests, which have a sandbox. Fails with all that they say. */
export async function runOwnTests({ directory }: Installed, env: User['env']): Promise<string> {
  const options = { cwd: directory, env, maxBuffer: 10 * 1024 * 1024 }
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap'], options)
  return stdout
}

/** The path of a user's directory is in the command line of each of their processes, and of no other. */
function processesOf(base: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => argumentsOf(pid).some((one) => one.includes(base)))
    .filter((pid) => isAlive(pid, startTicksOf(pid) ?? ''))
}

/** Empty for a process that has ended meanwhile, or is a zombie. */
function argumentsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

async function endAll({ base }: User): Promise<void> {
  for (const pid of processesOf(base)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
  await eventually(() => expect(processesOf(base)).toEqual([]))
}

/** What a daemon wrote about its start. */
export interface Started {
  readonly reason: string
  readonly version: string
  readonly pid: number
  readonly previous_version: string | null
}

/** Returns what the log of a scope has of each start, the oldest first. Besides JSON it has what Node itself said. */
export function startsIn(logFile: string): readonly Started[] {
  return readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'started')
}
