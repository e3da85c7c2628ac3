import { readFileSync } from 'node:fs'

/** The machine, looked at with a few lines of its own, independent of the code that is tested. Linux. */

/** Returns the start time of a process that is alive, null for one that is not (or is a zombie). */
export function startTicksOf(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return fields[0] === 'Z' ? null : (fields[19] ?? null)
  } catch {
    return null
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
