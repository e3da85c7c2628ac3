import { spawnSync, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { until } from '../live/sync-root.js'
import { startCli } from './cli.js'

const PAUSE = fileURLToPath(new URL('herd-pause.cjs', import.meta.url))

/** How a command of the herd ended. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  /** The daemon that it named, null where it named none. */
  readonly daemon: number | null
  readonly stderr: string
  /** When, as `performance.now()` says. */
  readonly at: number
}

export interface Command {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** A lock was taken or left, or the gate was reached, as the process that did it wrote down. */
export interface Step {
  readonly pid: number
  readonly step: 'arrives' | 'takes' | 'leaves'
  readonly lock: string
}

/** Starts a command of ours without waiting for it. */
export function startCommand(args: readonly string[], env: Readonly<Record<string, string>>): Command {
  const child = startCli(args, env)
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => {
      const [daemon, at] = [daemonIn(said.stdout), performance.now()]
      resolve({ status, signal, daemon, stderr: said.stderr, at })
    })
  })
  return { child, ended }
}

/** Both forms of the answer name the daemon. */
function daemonIn(stdout: string): number | null {
  const pid = /"pid": (\d+)/.exec(stdout)?.[1] ?? /: process (\d+), port /.exec(stdout)?.[1]
  return pid === undefined ? null : Number(pid)
}

/** Where the commands of a herd wait for each other, and write down what they do. */
export interface Meadow {
  readonly gate: string
  readonly trace: string
}

/** Makes both in a directory. */
export function makeMeadow(directory: string): Meadow {
  const meadow = { gate: join(directory, 'gate'), trace: join(directory, 'trace') }
  writeFileSync(meadow.trace, '')
  if (spawnSync('mkfifo', [meadow.gate]).status !== 0) throw new Error('mkfifo did not work')
  return meadow
}

/** Returns the environment in which a command waits at the gate, and it and its daemon stop now and then at locks. */
export function pausing({ gate, trace }: Meadow, seed: number): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--require "${PAUSE}"`,
    HERD_SEED: String(seed),
    HERD_TRACE: trace,
    HERD_GATE: gate,
  }
}

/** Waits until so many have come to the gate, and lets them all through at one moment. */
export async function openGate({ gate, trace }: Meadow, count: number) {
  const arrived = (): number => stepsIn(trace).filter(({ step }) => step === 'arrives').length
  expect(await until(() => arrived() === count, 60_000)).toBe(true)
  const openedAt = performance.now()
  const descriptor = openSync(gate, 'w')
  return { openedAt, close: () => closeSync(descriptor) }
}

/** Returns what was written down so far, in the order in which it happened. */
export function stepsIn(trace: string): readonly Step[] {
  const lines = readFileSync(trace, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => {
    const [pid, step, lock = ''] = line.split(' ')
    return { pid: Number(pid), step: step as Step['step'], lock }
  })
}

/** Returns every step that took a lock which another held. One that was killed could not say that it left. */
export function brokenIn(steps: readonly Step[], killed: number | null): readonly Step[] {
  const holders = new Map<string, number>()
  return steps.filter(({ pid, step, lock }) => {
    const holder = holders.get(lock)
    if (step === 'takes') holders.set(lock, pid)
    else if (holder === pid) holders.delete(lock)
    return holder !== undefined && holder !== killed && holder !== pid
  })
}
