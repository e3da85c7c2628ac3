import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * An independent look at the machine, for tests: it shares no line with the library, so that a fault there cannot
 * hide itself here. Linux only.
 */

/** A socket that listens. */
export interface Listening {
  readonly port: number
  readonly inode: string
}

/** Returns the time at which the kernel started the process, in ticks since boot; null when there is none. */
export function startTicksOf(pid: number): string | null {
  return statOf(pid)?.[19] ?? null
}

/** Returns the state letter of the process (R, S, T, Z, ...), null when there is none. */
export function stateOf(pid: number): string | null {
  return statOf(pid)?.[0] ?? null
}

/** Returns the pid of the process's parent, null when there is no such process. */
export function parentOf(pid: number): number | null {
  const parent = statOf(pid)?.[1]
  return parent === undefined ? null : Number(parent)
}

/** Returns whether exactly this process, and not a later one with its pid, exists and is no zombie. */
export function isAlive(pid: number, startTicks: string): boolean {
  const state = stateOf(pid)
  return state !== null && state !== 'Z' && state !== 'X' && startTicksOf(pid) === startTicks
}

/** Remembers a living process. The function that it returns tells whether that very process still lives. */
export function watch(pid: number): () => boolean {
  const startTicks = startTicksOf(pid)
  if (startTicks === null) throw new Error(`there is no process ${pid} to watch`)
  return () => isAlive(pid, startTicks)
}

/** Returns whether a signal waits for the process: one that is stopped keeps every signal that was sent to it. */
export function hasPendingSignal(pid: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return /^(?:SigPnd|ShdPnd):\s*0*[1-9a-f]/m.test(status)
}

/** Returns every socket, IPv4 and IPv6, that listens on a port from `from` up to, but not including, `to`. */
export function listenersOn(from: number, to: number): readonly Listening[] {
  const rows = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'latin1').split('\n').slice(1),
  )
  return rows.flatMap((row) => {
    const cells = row.trim().split(/\s+/)
    const port = Number.parseInt(cells[1]?.split(':').at(-1) ?? '', 16)
    return cells[3] === '0A' && port >= from && port < to ? [{ port, inode: cells[9] ?? '' }] : []
  })
}

/** Returns the pids of the living children of a process. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => parentOf(child) === pid && !['Z', 'X', null].includes(stateOf(child)))
}

/** Returns the paths of the lock files that this process has open. */
export function openLockFiles(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    const path = linkOf(`/proc/self/fd/${descriptor}`)
    return path !== null && /\.lock( \(deleted\))?$/.test(path) ? [path] : []
  })
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

/** The fields of /proc/PID/stat from the third one on: what stands before may hold anything. */
function statOf(pid: number): readonly string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? null
  } catch {
    return null
  }
}
