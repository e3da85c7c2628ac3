import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CLI, smallEnvironment, withoutWaits, type Ran } from '../helpers/cli.js'
import { endOf } from '../helpers/dashboards.js'
import { until } from './sync-root.js'

const DAEMON = fileURLToPath(new URL('../../command/spec-kitty-daemon.js', import.meta.url))

/** A command line takes longer than this only where it hangs. */
const HUNG_MS = 45_000

/** A daemon that was started by hand is up by then, or never writes its record. */
const UP_MS = 10_000

/** Where and how a command is run. */
export interface From {
  readonly prefix: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** Runs our command and returns what it printed; status null where it hung. */
export function runFrom(from: From, args: readonly string[]): Promise<Ran> {
  return collect(from, [process.execPath, CLI, ...args], () => Promise.resolve())
}

/** Starts a daemon of ours by hand and returns as soon as `isDone`, or when it has ended. It is left running. */
export async function startFrom(from: From, args: readonly string[], isDone: () => boolean): Promise<Ran> {
  const [command, rest] = commandOf(from, [process.execPath, DAEMON, ...args])
  const child = spawn(command, rest, { ...optionsOf(from), stdio: 'ignore' })
  child.unref()
  await until(() => isDone() || hasEnded(child), UP_MS)
  return { status: child.exitCode ?? 0, stdout: '', stderr: '', waited: [] }
}

/** Runs our command on a terminal and types the answer when it asks. */
export function typeFrom(from: From, args: readonly string[], answer: string): Promise<Ran> {
  const [command, rest] = commandOf(from, [process.execPath, CLI, ...args])
  const line = [command, ...rest].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  const typed = { ...from, prefix: [], env: { ...from.env, TERM: 'xterm', SHELL: '/bin/sh' } }
  return collect(typed, ['script', '-qec', line, '/dev/null'], async (child, output) => {
    await until(() => output().includes('[y/N]') || hasEnded(child), HUNG_MS)
    child.stdin?.on('error', () => undefined)
    if (!hasEnded(child)) child.stdin?.write(answer)
  })
}

/** The output goes to files: a tracer that stays with a daemon would keep a pipe open. */
async function collect(
  from: From,
  line: readonly string[],
  act: (child: ChildProcess, output: () => string) => Promise<void>,
): Promise<Ran> {
  const directory = mkdtempSync(join(tmpdir(), 'familiar-output-'))
  const [out, err] = ['out', 'err'].map((name) => openSync(join(directory, name), 'w'))
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8')
  const [command, args] = commandOf(from, line)
  const child = spawn(command, args, { ...optionsOf(from), stdio: ['pipe', out, err] })
  for (const descriptor of [out, err]) closeSync(descriptor ?? 0)
  const timer = setTimeout(() => endGroup(child), HUNG_MS)
  const [status] = await Promise.all([endOf(child), act(child, () => read('out'))])
  clearTimeout(timer)
  child.stdin?.destroy()
  const ran = { status, stdout: read('out'), ...withoutWaits(read('err')) }
  rmSync(directory, { recursive: true })
  return ran
}

/** A chroot starts in its own root directory: the working directory is set last. */
function commandOf({ prefix, cwd }: From, line: readonly string[]): readonly [string, readonly string[]] {
  const [command = '', ...rest] = [...prefix, ...(prefix.length > 0 ? ['env', '-C', cwd] : []), ...line]
  return [command, rest]
}

function optionsOf({ cwd, env }: From) {
  return { cwd, env: smallEnvironment(env), detached: true } as const
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function endGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}
