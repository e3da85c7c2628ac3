import { chmodSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { runCli, type Ran, type RunOptions } from '../helpers/cli.js'
import { gone, signal, until, lineOf } from '../helpers/dashboards.js'
import { listenersOn, startTicksOf, withoutForks } from '../helpers/machine.js'

export { gone, lineOf, lives, signal, until } from '../helpers/dashboards.js'
export { skipAloud } from '../../../familiar/test/helpers/skip.js'

/** A daemon that a command of a test started: the only kind of daemon that a test signals. */
export interface Daemon {
  readonly pid: number
  readonly ticks: string
  readonly port: number
  readonly token: string
  readonly instanceId: string
}

/** A port that is still held by then was left: a busy machine lets go later than a quiet one. */
const LEAVES_MS = 10_000

/** What a command did, and how long it took. */
export type Timed = Ran & { readonly ms: number }

/** One runtime root of its own, and every daemon that commands started in it. */
export interface SyncRoot {
  readonly base: string
  readonly path: string
  readonly env: Readonly<Record<string, string>>
  /** A path below the daemon's own directory. */
  file(name: string): string
  /** Runs a command of ours in this root, and remembers the daemon that it may have started. */
  run(args: readonly string[], options?: RunOptions): Timed
  /** The same with `--json`. */
  json(args: readonly string[], options?: RunOptions): Timed & { readonly document: any }
  /** `sync start`, which must work. */
  start(options?: RunOptions): Daemon
  /** The running daemon that the record names now, null when there is none; remembered. */
  remember(): Daemon | null
  /** Another root in the same directory, whose daemons end with those of this one. */
  beside(path: string): SyncRoot
  /** Ends what was started here and removes the directory. Fails when anything else of it is still there. */
  end(): Promise<void>
}

/** Returns a root that does not exist yet, in a directory that everybody may enter. */
export function makeRoot(name = 'root'): SyncRoot {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-sync-')))
  chmodSync(base, 0o755)
  return rootAt(base, join(base, name), new Map())
}

function rootAt(base: string, path: string, started: Map<number, Daemon>): SyncRoot {
  const env = { SPEC_KITTY_HOME: path }
  const file = (at: string): string => join(path, 'daemons', 'sync', at)
  const remember = (): Daemon | null => {
    const daemon = readDaemon(file('record.json'), path)
    if (daemon !== null) started.set(daemon.pid, daemon)
    return daemon
  }
  const run = (args: readonly string[], options: RunOptions = {}): Timed => {
    const began = performance.now()
    const ran = runCli(args, { ...options, env: { ...env, ...options.env } })
    const ms = performance.now() - began
    remember()
    return { ...ran, ms }
  }
  return {
    base,
    path,
    env,
    file,
    run,
    json: (args, options) => {
      const ran = run([...args, '--json'], options)
      return { ...ran, document: JSON.parse(ran.stdout) }
    },
    start: (options) => {
      const { status, stderr } = run(['sync', 'start'], options)
      expect([status, stderr]).toEqual([0, ''])
      const daemon = remember()
      if (daemon === null) throw new Error('the record names no running daemon after the start')
      return daemon
    },
    remember,
    beside: (other) => rootAt(base, other, started),
    end: async () => {
      for (const daemon of started.values()) signal(daemon, 'SIGKILL')
      for (const daemon of started.values()) await gone(daemon)
      // The threads of a zombie may hold its port a little longer than it has a command line.
      await until(() => listenersOn(9400, 9450).length === 0, LEAVES_MS)
      const left = [listenersOn(9400, 9450), processesNaming(base)]
      rmSync(base, { recursive: true, force: true })
      expect(left).toEqual([[], []])
    },
  }
}

/** Returns every process whose command line names the text, with that command line. */
export function processesNaming(text: string): readonly { readonly pid: number; readonly line: string }[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), line: commandLine(Number(name)) }))
  return withoutForks(all.filter(({ line }) => line.includes(text)))
}

/** Returns the daemons of ours that serve this root. */
export function daemonsOf(root: string): readonly number[] {
  return processesNaming(`--spec-kitty-daemon-root=${root}`)
    .filter(({ line }) => line.includes('/spec-kitty-daemon.js sync '))
    .map(({ pid }) => pid)
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** A record that a test wrote itself may name anybody: only a process with the command line of a daemon here counts. */
function readDaemon(record: string, root: string): Daemon | null {
  try {
    const { state, pid, port, token, instance_id } = JSON.parse(readFileSync(record, 'utf8'))
    const ticks = startTicksOf(pid)
    if (state !== 'running' || ticks === null || !daemonsOf(root).includes(pid)) return null
    return { pid, ticks, port, token, instanceId: instance_id }
  } catch {
    return null
  }
}

/** Expects a refusal as the contract has it: exit 2, one line that says what and where, nothing else, and no daemon. */
export function expectRefusal(
  root: SyncRoot,
  { status, stdout, stderr }: Timed,
  ...parts: readonly string[]
): void {
  expect([status, stdout, stderr]).toEqual([2, '', `${lineOf(stderr)[0]}\n`])
  for (const part of parts) expect(stderr).toContain(part)
  expect(stderr).not.toContain('internal error')
  expect(daemonsOf(root.path)).toEqual([])
}

/** Returns the finding with this id in what the doctor says. */
export function findingOf(document: any, id: string): any {
  return document.findings.find((one: { id: string }) => one.id === id)
}
