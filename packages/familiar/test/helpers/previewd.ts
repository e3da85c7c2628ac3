import { spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { PortRange } from '../../src/identity/machine.js'
import { startChild } from './children.js'
import { fixture } from './daemons.js'
import { makeHome } from './homes.js'
import { leaveNothing } from './leaks.js'
import { listenersOn } from './machine.js'
import { withoutWaits } from './waits.js'

const TOOL = fixture('previewd')

/** Far more than a command takes on a busy machine. */
const HANGS_MS = 120_000

/** How a command ended, and what it printed but for its waits. */
export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Environment = Readonly<Record<string, string>>

/** A user of the tool, with a home and projects of their own. */
export interface User {
  readonly home: string
  readonly env: Environment
  /** Runs the tool in this directory; by default in the home. */
  run(args: readonly string[], more?: { readonly env?: Environment; readonly cwd?: string }): Ran
  /** Runs several command lines one after the other in one process of the tool; by default in the home. */
  each(lines: readonly (readonly string[])[], env?: Environment, cwd?: string): readonly Ran[]
  /** Runs it with `--json`, and returns its exit code and its document. */
  json(args: readonly string[], more?: { readonly cwd?: string }): { status: number | null; document: any }
  /** Starts it without waiting for it. */
  begin(args: readonly string[], env?: Environment): ChildProcess
  /** Runs a shell command in which `$TOOL` is the tool. */
  shell(command: string): Ran
  /** Makes a project and returns its directory. */
  project(name: string): string
}

/** Ends the daemons of the user after each test, and fails the file if something is left. */
export function userOf(ports: PortRange, env: Environment = {}): User {
  const home = makeHome()
  const scopes = new Set([home])
  const own: Environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_STATE_HOME: join(home, 'state'),
    PREVIEWD_PORTS: `${ports.from}-${ports.to}`,
    ...env,
  }
  const run: User['run'] = (args, more = {}) =>
    textOf(
      spawnSync(process.execPath, [TOOL, ...args], {
        cwd: more.cwd ?? home,
        env: { ...own, ...more.env },
        encoding: 'utf8',
        timeout: HANGS_MS,
      }),
    )
  leaveNothing(ports)
  afterEach(() => {
    if (listenersOn(ports.from, ports.to).length === 0) return
    for (const cwd of [...scopes].filter((scope) => existsSync(scope))) run(['stop'], { cwd })
  })
  return {
    home,
    env: own,
    run,
    each: (lines, more = {}, cwd = home) => {
      const env = { ...more, PREVIEWD_EACH: JSON.stringify(lines) }
      const { status, stdout, stderr } = run([], { env, cwd })
      const [said, told] = [stdout.split('\0'), stderr.split('\0')]
      if (status !== 0 || told.length !== lines.length + 1)
        throw new Error(`exit ${status}: ${stdout}${stderr}`)
      return lines.map((_, index) => ({
        status: Number(said[2 * index + 1]),
        stdout: said[2 * index] ?? '',
        stderr: told[index] ?? '',
      }))
    },
    json: (args, more) => {
      const { status, stdout } = run([...args, '--json'], more)
      return { status, document: JSON.parse(stdout) }
    },
    begin: (args, more = {}) =>
      startChild(process.execPath, [TOOL, ...args], {
        cwd: home,
        env: { ...own, ...more },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    shell: (command) =>
      textOf(
        spawnSync('sh', ['-c', command], {
          cwd: home,
          env: { ...own, TOOL: `${process.execPath} ${TOOL}` },
          encoding: 'utf8',
          timeout: HANGS_MS,
        }),
      ),
    project: (name) => {
      const directory = join(home, name)
      mkdirSync(directory, { recursive: true })
      writeFileSync(join(directory, 'package.json'), '{}')
      scopes.add(directory)
      return directory
    },
  }
}

function textOf({ status, stdout, stderr }: Ran): Ran {
  return { status, stdout, stderr: withoutWaits(stderr) }
}
