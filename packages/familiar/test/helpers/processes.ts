import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { parentOf, startTicksOf, stateOf, linkOf } from './machine.js'

/** What /proc says of the daemons that a test started, without a line of the library. Linux only. */

/**
 * Returns the pids of the living daemons that were started for this root: no other daemon has its path as the marker. A
 * daemon that starts a child is there twice for a moment, until the child has a command line of its own: that counts
 * once.
 */
export function daemonsOf(root: string): readonly number[] {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isDaemonOf(root, argumentsOf(name)))
    .map(Number)
    .filter((pid) => !['Z', 'X', null].includes(stateOf(pid)))
  return found.filter((pid) => !found.includes(parentOf(pid) ?? 0))
}

function isDaemonOf(root: string, [, , family, marker]: readonly string[]): boolean {
  return family === 'sync' && marker === `--spec-kitty-daemon-root=${root}`
}

function argumentsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** Returns the start time as a record has it, null when there is no such process. */
export function startTimeOf(pid: number): string | null {
  const ticks = startTicksOf(pid)
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return ticks === null ? null : `${bootId}/${ticks}`
}

/** Returns the id of one of the threads of a process that is not its first: no process has it as its pid. */
export function threadOf(pid: number): number {
  const thread = readdirSync(`/proc/${pid}/task`)
    .map(Number)
    .find((id) => id !== pid)
  if (thread === undefined) throw new Error(`process ${pid} has only one thread`)
  return thread
}

/** Returns what the open descriptors of a process lead to. */
export function descriptorsOf(pid: number): readonly string[] {
  const directory = `/proc/${pid}/fd`
  return readdirSync(directory).flatMap((name) => linkOf(`${directory}/${name}`) ?? [])
}

/** Returns the working directory of a process, its session, and the number of its terminal (0: none). */
export function placeOf(pid: number): {
  readonly cwd: string
  readonly session: number
  readonly tty: number
} {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
  return { cwd: readlinkSync(`/proc/${pid}/cwd`), session: Number(fields[3]), tty: Number(fields[4]) }
}
