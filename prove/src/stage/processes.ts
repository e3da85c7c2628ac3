import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process as /proc shows it. The observer reads /proc itself, without the code under test. */
export interface Process {
  readonly pid: number
  readonly state: string
  readonly argv: readonly string[]
}

/** Returns every process of this pid namespace that has not ended. */
export function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(Number(name)) ?? [])
    .filter(({ state }) => state !== 'Z' && state !== 'X')
}

function processOf(pid: number): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const state = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0] ?? ''
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
    return { pid, state, argv }
  } catch {
    return null
  }
}

/** Returns the sync daemons of a home. */
export function daemonsOf(home: string): readonly number[] {
  return processes()
    .filter(({ argv: [program = '', entry = ''] }) => program.endsWith('node') && isEntry(entry))
    .filter(({ argv }) => argv.includes(`--spec-kitty-daemon-root=${home}`))
    .map(({ pid }) => pid)
}

function isEntry(path: string): boolean {
  return path.endsWith('/spec-kitty-daemon.js')
}

/** Returns whether a process runs; false for a zombie. */
export function isThere(pid: number): boolean {
  const found = processOf(pid)
  return found !== null && found.state !== 'Z' && found.state !== 'X'
}

/** Ends every process of this pid namespace except its first, this one and those to keep. The namespace must be private. */
export async function clearStage(keep: ReadonlySet<number>): Promise<void> {
  for (let round = 0; round < 200; round++) {
    const left = processes().filter(({ pid }) => pid !== 1 && pid !== process.pid && !keep.has(pid))
    if (left.length === 0) return
    for (const { pid } of left) kill(pid, 'SIGKILL')
    await sleep(5)
  }
  throw new Error('processes of the stage do not end')
}

/** Signals a process of the stage. It is not an error if the process has just ended. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has just ended.
  }
}

/** Waits until the condition holds. Returns whether it did within the time limit. */
export async function until(condition: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  const end = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > end) return false
    await sleep(10)
  }
  return true
}
