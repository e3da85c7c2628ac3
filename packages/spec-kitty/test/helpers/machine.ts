import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The machine, looked at with a few lines of its own, independent of the code that is tested. Linux. */

/** Set by `npm test` in its private namespaces: mounts made there affect no other process, and end with them. */
export const isPrivate = process.env['FAMILIAR_PRIVATE_NETWORK'] === '1'

/** Returns the start time of a process that is alive, null for one that is not (or is a zombie). */
export function startTicksOf(pid: number): string | null {
  const fields = statOf(pid)
  return fields[0] === 'Z' ? null : (fields[19] ?? null)
}

/**
 * Leaves out what was forked by another of them: a child has its parent's command line until it becomes the program that
 * it was started for.
 */
export function withoutForks<T extends { readonly pid: number }>(processes: readonly T[]): readonly T[] {
  const pids = new Set(processes.map(({ pid }) => pid))
  return processes.filter(({ pid }) => !pids.has(Number(statOf(pid)[1])))
}

/** The fields of /proc/PID/stat from the third one on: what stands before may hold anything. Empty where there is none. */
function statOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  } catch {
    return []
  }
}

/** Returns whether the process that started then is still alive. */
export function isAlive(pid: number, startTicks: string): boolean {
  return startTicksOf(pid) === startTicks
}

/** Returns every port in [from, to) on which something listens, IPv4 and IPv6, each once. */
export function listenersOn(from: number, to: number): readonly { readonly port: number }[] {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    readFileSync(path, 'utf8').split('\n').slice(1),
  )
  const ports = rows
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => columns[3] === '0A')
    .map((columns) => Number.parseInt(columns[1]?.split(':')[1] ?? '', 16))
  return [...new Set(ports)].filter((port) => port >= from && port < to).map((port) => ({ port }))
}

/** Returns how many inotify watches a process has. */
export function inotifyWatchesOf(pid: number | 'self'): number {
  const directory = `/proc/${pid}/fdinfo`
  const infos = readdirSync(directory).map((name) => textOf(join(directory, name)))
  return infos.join('').match(/^inotify wd:/gm)?.length ?? 0
}

/** A descriptor may have been closed in the meantime. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Returns the resident memory of a process in MiB. */
export function residentMibOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) / 1024
}
