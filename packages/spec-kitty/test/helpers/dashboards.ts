import { spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CLI, smallEnvironment, withoutWaits, type Ran, type RunOptions } from './cli.js'
import { isAlive, startTicksOf, withoutForks } from './machine.js'

/** What the tests of the dashboard run and see. Nothing here shares a line with the code that is tested. */

/** One process for ever: its pid, and when the kernel started it. */
export interface Process {
  readonly pid: number
  readonly ticks: string
}

/** What a command did, and how long it took. */
export type Timed = Ran & { readonly ms: number }

/** What is not so after this time hangs: much longer than anything takes on a busy machine. */
export const HUNG_MS = 90_000

/** Runs our command in a directory; several can run at once. */
export async function runIn(
  cwd: string,
  args: readonly string[],
  { env, prefix = [] }: RunOptions = {},
): Promise<Timed> {
  const [command = '', ...rest] = [...prefix, process.execPath, CLI, ...args]
  const began = performance.now()
  const child = spawn(command, rest, { cwd, env: smallEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), HUNG_MS)
  const [status, stdout, stderr] = await Promise.all([
    endOf(child),
    textOf(child.stdout),
    textOf(child.stderr),
  ])
  clearTimeout(timer)
  return { status, stdout, ...withoutWaits(stderr), ms: performance.now() - began }
}

/** Starts our command in a directory, in a process group of its own, and does not wait for it. */
export function startIn(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  return spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: smallEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
}

/**
 * Runs a line as a person would who types it: in a shell on a terminal, with `spec-kitty` as a command, and answers the
 * question that it asks, which ends with `question`. What is typed `early` is there before the command has begun to look.
 */
export async function typeIn(
  cwd: string,
  line: string,
  answer: string,
  env: Readonly<Record<string, string>>,
  beforeAnswer: () => Promise<void> = async () => undefined,
  early = '',
  question = '[y/N]',
): Promise<{ readonly status: number | null; readonly said: string; readonly isAsked: boolean }> {
  const command = `spec-kitty() { '${process.execPath}' '${CLI}' "$@"; }; ${line}`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: smallEnvironment({ ...env, TERM: 'xterm', SHELL: '/bin/bash' }),
    stdio: 'pipe',
  })
  child.stdin.write(early)
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = endOf(child)
  await until(() => said.includes(question) || child.exitCode !== null, HUNG_MS)
  const isAsked = said.includes(question)
  if (isAsked) {
    await beforeAnswer()
    child.stdin.write(answer)
  }
  const status = await ended
  child.stdin.destroy()
  return { status, said, isAsked }
}

/** Resolves with the exit code; null where a signal ended it. */
export function endOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => resolve(code))
    child.once('error', reject)
  })
}

/** Kills the commands in the list, waits for them, and empties it. */
export async function killAll(children: ChildProcess[]): Promise<void> {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL')
    await endOf(child)
  }
}

export async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}

/** Remembers a living process. */
export function processOf(pid: number): Process {
  const ticks = startTicksOf(pid)
  if (ticks === null) throw new Error(`there is no process ${pid}`)
  return { pid, ticks }
}

/**
 * Removes a project whose dashboard was just started. The start of a process is known to the second: a directory that was
 * changed within the same second counts as unmounted since before the start, which is the cautious side.
 */
export function removeAfterStart(project: string): void {
  rmSync(project, { recursive: true })
  const later = new Date(Date.now() + 2_000)
  utimesSync(dirname(project), later, later)
}

/** Returns whether it is still the process that it was. */
export function lives({ pid, ticks }: Process): boolean {
  return isAlive(pid, ticks)
}

/** Sends a signal to that very process, if it is still there. */
export function signal(process_: Process, name: NodeJS.Signals): void {
  if (lives(process_)) process.kill(process_.pid, name)
}

/** Waits until something is so; false when it is not so after that time. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  withinMs: number = HUNG_MS,
  everyMs = 20,
): Promise<boolean> {
  for (const end = performance.now() + withinMs; performance.now() < end; await sleep(everyMs)) {
    if (await isSo()) return true
  }
  return isSo()
}

/** Waits until the process is gone; false when it is still there after that time. */
export function gone(daemon: Process, withinMs: number = HUNG_MS): Promise<boolean> {
  return until(() => !lives(daemon), withinMs)
}

/** Returns the arguments of every process, by pid. */
function commandLines(): readonly { readonly pid: number; readonly args: readonly string[] }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), args: argumentsOf(name) }))
}

/** Returns the arguments of a process, none where it is gone. */
export function argumentsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

const MARKER = '--spec-kitty-dashboard-project='

/** Returns the dashboards of ours whose project is this path, or lies below it. */
export function dashboardsOf(path: string): readonly Process[] {
  const found = commandLines().flatMap(({ pid, args }) => {
    const isOurs = args[1]?.endsWith('/spec-kitty-daemon.js') && args[2] === 'dashboard'
    const project = args[3]?.startsWith(MARKER) ? args[3].slice(MARKER.length) : ''
    const isBelow = project === path || project.startsWith(`${path}/`)
    const ticks = isOurs && isBelow ? startTicksOf(pid) : null
    return ticks === null ? [] : [{ pid, ticks }]
  })
  return withoutForks(found)
}

/** Returns the command line of every process that names the text. */
export function processesNaming(text: string): readonly string[] {
  return commandLines().flatMap(({ pid, args }) => {
    const line = args.join(' ')
    return line.includes(text) && startTicksOf(pid) !== null ? [`${pid} ${line}`] : []
  })
}

/** Returns what the health of a port says, null without an answer. */
export async function healthOn(port: number): Promise<Record<string, unknown> | null> {
  try {
    const reply = await fetch(`http://127.0.0.1:${port}/api/health`, { signal: AbortSignal.timeout(10_000) })
    return (await reply.json()) as Record<string, unknown>
  } catch {
    return null
  }
}

/** What a command says of a failure: one line. */
export function lineOf(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => line.startsWith('spec-kitty: '))
}
