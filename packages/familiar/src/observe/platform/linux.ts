import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { errnoOf, FamiliarError, throwLack } from '../../errors.js'
import type { Host, Listener, PortRange, ProcessView } from '../../identity/machine.js'
import { parseCmdline, parseProcNetTcp, parseProcStat, parseProcStatus, type ProcStat } from './parse-proc.js'
import type { Platform } from './platform.js'

/** Clock ticks a second in /proc: `USER_HZ`, 100 on every architecture that Node 20 runs on. */
const TICKS_PER_SECOND = 100

/**
 * Linux, from /proc. Reads are synchronous: a small read of /proc takes microseconds and never waits, and the time
 * between the last look at a process and the signal stays short.
 */
export const linux: Platform = {
  name: 'linux',
  host: async () => readHost(),
  listeners: async (range) => readListeners(range),
  holders: async (listeners, hints) => findHolders(listeners, hints),
  inspect: async (pids) => new Map(pids.flatMap((pid) => inspectOne(pid)).map((view) => [view.pid, view])),
}

function readHost(): Host {
  return {
    pid: process.pid,
    user: String(process.geteuid?.()),
    bootId: bootId(),
    namespaces: readNamespaces('self') ?? 'unknown',
  }
}

function readListeners(range: PortRange): readonly Listener[] {
  const tcp = readFile('/proc/net/tcp')
  if (tcp === null) {
    throw new FamiliarError('E_LOOK_FAILED', 'cannot read the listeners from /proc/net/tcp', {
      hint: 'mount /proc where this runs',
    })
  }
  return [...parseProcNetTcp(tcp, range), ...parseProcNetTcp(readFile('/proc/net/tcp6') ?? '', range)]
}

/** The hints first: a claimed pid is verified with one directory read, a search visits every process. */
function findHolders(
  listeners: readonly Listener[],
  hints: ReadonlySet<number>,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  const missing = new Set(listeners.map((listener) => listener.socket))
  const visit = (pid: number): void => {
    for (const socket of socketsOf(pid, missing)) {
      found.set(socket, pid)
      missing.delete(socket)
    }
  }
  for (const pid of hints) visit(pid)
  if (missing.size > 0) {
    for (const pid of allPids()) {
      visit(pid)
      if (missing.size === 0) break
    }
  }
  return found
}

/** Daemons are younger than most of a machine: newest pid first. */
function allPids(): readonly number[] {
  return readDirectory('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((a, b) => b - a)
}

function socketsOf(pid: number, wanted: ReadonlySet<string>): readonly string[] {
  const held: string[] = []
  for (const descriptor of readDirectory(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${descriptor}`) ?? '')?.[1]
    if (inode !== undefined && wanted.has(inode)) held.push(inode)
  }
  return held
}

/** Reads the start time before and after the rest: a pid that changed hands in between is not reported at all. */
function inspectOne(pid: number): readonly ProcessView[] {
  const stat = readStat(pid)
  if (stat === null || isDead(stat)) return []
  const status = parseProcStatus(readFile(`/proc/${pid}/status`) ?? '')
  const args = parseCmdline(readFile(`/proc/${pid}/cmdline`) ?? '')
  const executable = readLink(`/proc/${pid}/exe`)
  const view: ProcessView = {
    pid,
    parent: stat.parent,
    birth: `${bootId()}/${stat.startTicks}`,
    user: status.user,
    command: args === null ? null : { args },
    executable: executable?.replace(/ \(deleted\)$/, '') ?? null,
    executableGone: executable === null ? null : executable.endsWith(' (deleted)'),
    workingDirectoryGone: isWorkingDirectoryGone(pid),
    namespaces: readNamespaces(String(pid)),
    ageSeconds: ageSeconds(stat),
    memoryBytes: status.memoryBytes,
  }
  return readStat(pid)?.startTicks === stat.startTicks ? [view] : []
}

/** The text alone could be the name of a directory; a directory that was removed has no link left. */
function isWorkingDirectoryGone(pid: number): boolean | null {
  const path = readLink(`/proc/${pid}/cwd`)
  if (path === null || !path.endsWith(' (deleted)')) return path === null ? null : false
  return quietly(() => statSync(`/proc/${pid}/cwd`).nlink === 0)
}

/** A zombie is dead once its last thread is; before that its sockets may still be open (24 of 25 times, measured). */
function isDead(stat: ProcStat): boolean {
  return stat.state === 'X' || (stat.state === 'Z' && stat.threads <= 1)
}

/** Counted from our own start, so that a container that fakes /proc/uptime cannot make an old process young. */
function ageSeconds(stat: ProcStat): number | null {
  const own = readStat(process.pid)
  if (own === null) return null
  const older = (Number(own.startTicks) - Number(stat.startTicks)) / TICKS_PER_SECOND
  return Math.max(0, older + process.uptime())
}

function readStat(pid: number): ProcStat | null {
  const text = readFile(`/proc/${pid}/stat`)
  return text === null ? null : parseProcStat(text)
}

function readNamespaces(pid: string): string | null {
  const [pids, mounts] = [readLink(`/proc/${pid}/ns/pid`), readLink(`/proc/${pid}/ns/mnt`)]
  return pids === null || mounts === null ? null : `${pids} ${mounts}`
}

let knownBootId: string | null = null

function bootId(): string {
  knownBootId ??= readFile('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown'
  return knownBootId
}

function readFile(path: string): string | null {
  return quietly(() => readFileSync(path, 'utf8'))
}

function readLink(path: string): string | null {
  return quietly(() => readlinkSync(path))
}

function readDirectory(path: string): readonly string[] {
  return quietly(() => readdirSync(path)) ?? []
}

/** Not permitted and gone meanwhile are both *unknown*; a lack of our own says nothing. Anything else is a fault of ours. */
function quietly<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (errnoOf(error) === null) throw error
    throwLack(error)
    return null
  }
}
