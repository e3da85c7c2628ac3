import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The machine as the observer sees it. Shares no code with the product under test. */

/** Milliseconds since the epoch with fractions, on the clock of `strace -ttt`. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

/** Returns the fields of /proc/PID/stat from `state` (the third) onward; an empty list if the process does not exist. */
function statOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.trim().split(' ') ?? []
  } catch {
    return []
  }
}

/** Returns the start time of a process (or zombie) in the kernel's ticks; null if it does not exist. */
export function ticksOf(pid: number): string | null {
  return statOf(pid)[19] ?? null
}

/** The kernel counts start times in hundredths of a second. */
const TICK_MS = 10

/** Returns when a process with this start time started, in milliseconds since the epoch. */
export function birthOf(ticks: string): number {
  const uptimeMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000
  return now() - uptimeMs + Number(ticks) * TICK_MS
}

/** Returns whether the process with this start time is still running. A zombie is not. */
export function isAlive(pid: number, ticks: string): boolean {
  const fields = statOf(pid)
  return fields[19] === ticks && fields[0] !== 'Z' && fields[0] !== 'X'
}

/** Returns the signal that ended a zombie, 0 for none; null if there is no zombie. */
export function signalOfZombie(pid: number, ticks: string): number | null {
  const fields = statOf(pid)
  if (fields[19] !== ticks || fields[0] !== 'Z') return null
  return Number(fields[49] ?? 0) & 0x7f
}

export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return text === '' ? [] : text.split(' ').map(Number)
  } catch {
    return []
  }
}

export function argumentsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return []
  }
}

/** Returns the sockets that listen in this network, by inode, with their ports. */
export function listening(): ReadonlyMap<string, number> {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    readFileSync(path, 'utf8').split('\n').slice(1),
  )
  const columns = rows.map((row) => row.trim().split(/\s+/)).filter((row) => row[3] === '0A')
  return new Map(
    columns.map((row) => [row[9] ?? '', Number.parseInt(row[1]?.split(':').at(-1) ?? '', 16)] as const),
  )
}

/** Returns the targets of a process's file descriptors. */
export function opensOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${name}`)
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

/** Returns the inodes of a process's sockets. */
export function socketsOf(pid: number): readonly string[] {
  return opensOf(pid).flatMap((path) => /^socket:\[(\d+)\]$/.exec(path)?.[1] ?? [])
}
