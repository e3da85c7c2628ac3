import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * An independent view of the machine, for tests: it shares no line with the library, so that a fault there cannot
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

/** Returns whether exactly this process, and not a later one with its pid, exists and is not a zombie. */
export function isAlive(pid: number, startTicks: string): boolean {
  const state = stateOf(pid)
  return state !== null && state !== 'Z' && state !== 'X' && startTicksOf(pid) === startTicks
}

/** Remembers a living process. The function that it returns says whether that very process still lives. */
export function watch(pid: number): () => boolean {
  const startTicks = startTicksOf(pid)
  if (startTicks === null) throw new Error(`there is no process ${pid} to watch`)
  return () => isAlive(pid, startTicks)
}

/** Returns whether a signal waits for the process: one that is stopped keeps every signal that was sent to it. */
export function hasPendingSignal(pid: number): boolean {
  const status = textOf(`/proc/${pid}/status`)
  return /^(?:SigPnd|ShdPnd):\s*0*[1-9a-f]/m.test(status)
}

/** Returns every socket, IPv4 and IPv6, that listens on a port from `from` up to, but not including, `to`. */
export function listenersOn(from: number, to: number): readonly Listening[] {
  return tcpRows().flatMap(({ port, state, inode }) =>
    state === '0A' && port >= from && port < to ? [{ port, inode }] : [],
  )
}

/** Returns how many connections to a port are established. */
export function connectionsTo(port: number): number {
  return tcpRows().filter((row) => row.peer === port && row.state === '01').length
}

function tcpRows() {
  const rows = ['tcp', 'tcp6'].flatMap((table) => textOf(`/proc/net/${table}`).trimEnd().split('\n').slice(1))
  return rows.map((row) => {
    const [, local = '', remote = '', state = '', , , , , , inode = ''] = row.trim().split(/\s+/)
    return { port: portIn(local), peer: portIn(remote), state, inode }
  })
}

/** The port in an address as /proc/net/tcp has it: hexadecimal, after the colon. */
function portIn(address: string): number {
  return Number.parseInt(address.split(':').at(-1) ?? '', 16)
}

/** Returns the pids of the living children of a process. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => {
      const [state = 'X', parent] = statOf(child) ?? []
      return Number(parent) === pid && !['Z', 'X'].includes(state)
    })
}

/** Returns the paths of the lock files that this process has open. */
export function openLockFiles(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    const path = linkOf(`/proc/self/fd/${descriptor}`)
    return path !== null && /\.lock( \(deleted\))?$/.test(path) ? [path] : []
  })
}

/** Returns what a link leads to, null when there is none: a descriptor may have been closed in the meantime. */
export function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** The fields of /proc/PID/stat from the third one on: the name before it may contain anything. */
function statOf(pid: number): readonly string[] | null {
  const text = textOf(`/proc/${pid}/stat`)
  return text === '' ? null : (text.split(') ').at(-1)?.split(' ') ?? null)
}
