import { closeSync, openSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs'
import { FamiliarError } from '../../errors.js'
import type { CommandLine, Listener, PortRange, ProcessView } from '../../identity/machine.js'
import { textOfBytes } from '../../identity/path-text.js'
import type { LockHolding, ToldHolder } from '../../protocol/lock-holder.js'
import { bootId, hasOurClock, namespacesOf, pidNamespace, readHost } from './linux-host.js'
import { findLockHolder } from './linux-lock-holder.js'
import { ageSeconds, isDead, readStartTimes, readStat, startedAt, TICKS_PER_SECOND } from './linux-stat.js'
import { hasAllListeners, parseCmdline, parseProcNetTcp, parseProcStatus } from './parse-proc.js'
import { isWorkingDirectoryLocal } from './mounts.js'
import type { Platform } from './platform.js'
import { quietly, readDirectory, readFile, readLink, readTable } from './read-quietly.js'

/**
 * The Linux backend, which reads /proc. Reads are synchronous: a small read of /proc takes microseconds and never blocks,
 * and the time between the last check of a process and the signal stays short. Every read throws `E_RESOURCES` if this
 * process lacks a file descriptor or memory for it, because that says nothing about the process to be read.
 */
export const linux: Platform = {
  name: 'linux',
  host: async () => readHost(),
  listeners: async (range) => readListeners(range),
  holders: async (listeners, hints, _deadline, onlyHints = false) => findHolders(listeners, hints, onlyHints),
  matching: async (match) => findMatching(match),
  inspect: async (pids) => {
    assertOwnProc()
    return new Map(pids.flatMap((pid) => inspectOne(pid)).map((view) => [view.pid, view]))
  },
  startTimes: async (pids) => {
    assertOwnProc()
    return readStartTimes(pids, pidNamespace())
  },
  lockHolder: async (path, told, pids) => readLockHolder(path, told, pids),
  environment: async (pid) => readEnvironment(pid),
}

/**
 * Throws `E_SCAN_IMPOSSIBLE` unless /proc shows this process under its own pid. In a pid namespace without its own /proc,
 * the same numbers belong to other processes, so nothing that is read there may be recorded, and nothing may be
 * signalled. (The symlink /proc/self is not enough, because it can agree by coincidence.)
 */
export function assertOwnProc(): void {
  const pids = /^NSpid:((?:\s+\d+)+)$/m
    .exec(readFile('/proc/self/status') ?? '')?.[1]
    ?.trim()
    .split(/\s+/)
  if (pids?.length === 1 && pids[0] === String(process.pid)) return
  throw new FamiliarError('E_SCAN_IMPOSSIBLE', '/proc does not show the processes of this pid namespace', {
    hint: 'mount /proc where this runs (unshare --mount-proc, or mount -t proc proc /proc)',
  })
}

/** Returns the holder that the kernel names. */
export function readLockHolder(path: string, told: ToldHolder, pids: readonly number[]): LockHolding {
  const found = findLockHolder(path, told, pids)
  return typeof found === 'number'
    ? { pid: found, startTime: inspectOne(found)[0]?.startTime ?? null }
    : found
}

function readListeners(range: PortRange): readonly Listener[] {
  const tcp = readTable('/proc/net/tcp', hasAllListeners)
  if (tcp === null) {
    throw new FamiliarError('E_LOOK_FAILED', 'cannot read the listeners from /proc/net/tcp', {
      hint: 'mount /proc where this runs',
    })
  }
  return [
    ...parseProcNetTcp(tcp, range),
    ...parseProcNetTcp(readTable('/proc/net/tcp6', hasAllListeners) ?? '', range),
  ]
}

/**
 * Finds the holders of sockets. Checks the hints first, which takes one directory per pid, while a search reads the
 * directories of every process. Nearly every holder holds one of the sockets, so a process is read only up to the first
 * one; what is still missing after that is searched for in those that hold one. If a process and its forks share a socket,
 * the process counts as the holder.
 */
function findHolders(
  listeners: readonly Listener[],
  hints: ReadonlySet<number>,
  onlyHints: boolean,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  const missing = new Set(listeners.map((listener) => listener.socket))
  const commandOf = kept(readArguments)
  /** Returns whether the process holds any of the missing sockets. */
  const visit = (pid: number, most: number): boolean => {
    const held = missing.size === 0 ? [] : socketsOf(pid, missing, most)
    for (const [socket, origin] of originsOf(pid, held, commandOf)) {
      found.set(socket, origin)
      missing.delete(socket)
    }
    return held.length > 0
  }
  for (const pids of onlyHints ? [() => hints] : [() => hints, allPids]) {
    if (missing.size === 0) return found
    const holders = [...pids()].filter((pid) => visit(pid, 1))
    for (const pid of holders) visit(pid, missing.size)
  }
  return found
}

/** Returns a function that reads only once what belongs to a pid. */
function kept<T>(read: (pid: number) => T): (pid: number) => T {
  const known = new Map<number, T>()
  return (pid) => {
    const value = known.has(pid) ? (known.get(pid) as T) : read(pid)
    known.set(pid, value)
    return value
  }
}

/**
 * Returns for each of these sockets of `pid` the process from which `pid` was forked without exec, over any number of
 * generations, as long as each of them holds the socket too; `pid` itself if it is not such a fork.
 */
function originsOf(
  pid: number,
  sockets: readonly string[],
  commandOf: (pid: number) => string,
): ReadonlyMap<string, number> {
  const parent = sockets.length === 0 ? null : forkedFrom(pid, commandOf)
  const shared = parent === null ? [] : socketsOf(parent, new Set(sockets), sockets.length)
  const origins = parent === null || shared.length === 0 ? null : originsOf(parent, shared, commandOf)
  return new Map(sockets.map((socket) => [socket, origins?.get(socket) ?? pid]))
}

/** Returns the parent of a process if both have the same command line; otherwise null. */
function forkedFrom(pid: number, commandOf: (pid: number) => string): number | null {
  const stat = readStat(pid)
  if (stat === null || stat === 'gone' || stat.parent <= 0) return null
  const command = commandOf(pid)
  return command !== '' && commandOf(stat.parent) === command ? stat.parent : null
}

/** Longer command lines are truncated, because `matchShapes` accepts none of this length. */
const MAX_COMMAND_BYTES = 64 * 1024

/**
 * Reads the command line of every process. For a process that is none of ours this takes three system calls; finding its
 * sockets would take one for each descriptor.
 */
function findMatching<T>(match: (command: CommandLine) => T | null): ReadonlyMap<number, T> {
  const buffer = Buffer.allocUnsafe(MAX_COMMAND_BYTES)
  const found = new Map<number, T>()
  for (const pid of allPids()) {
    const args = parseCmdline(textOfBytes(readInto(buffer, `/proc/${pid}/cmdline`)))
    const matched = args === null ? null : match({ args })
    if (matched !== null) found.set(pid, matched)
  }
  return found
}

/** Returns the first bytes of a file, as a part of `buffer`; an empty part if it cannot be read. */
function readInto(buffer: Buffer, path: string): Buffer {
  const bytes = quietly(() => {
    const descriptor = openSync(path, 'r')
    try {
      return readSync(descriptor, buffer)
    } finally {
      closeSync(descriptor)
    }
  })
  return buffer.subarray(0, bytes ?? 0)
}

/** Returns the pids of all processes, the highest first, because daemons are usually younger than most processes. */
function allPids(): readonly number[] {
  return readDirectory('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((a, b) => b - a)
}

/**
 * Returns which of the wanted sockets a process holds, and no more than `most` of them. The highest descriptors are read
 * first: a runtime opens twenty of its own before it listens.
 */
function socketsOf(pid: number, wanted: ReadonlySet<string>, most: number): readonly string[] {
  const held = new Set<string>()
  for (const descriptor of readDirectory(`/proc/${pid}/fd`).toReversed()) {
    const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${descriptor}`) ?? '')?.[1]
    if (inode !== undefined && wanted.has(inode)) held.add(inode)
    if (held.size === most) break
  }
  return [...held]
}

/**
 * Returns the view of one process, or an empty list if the kernel reports that the pid does not exist or belongs to a
 * thread, or that the process is dead. If the process cannot be read, or its pid was reused during the read, every fact
 * is unknown. To notice reuse, the start time is read before and after the rest.
 */
function inspectOne(pid: number): readonly ProcessView[] {
  const stat = readStat(pid)
  if (stat === 'gone' || (stat !== null && isDead(stat))) return []
  if (stat === null) return [unknownView(pid)]
  const status = parseProcStatus(readFile(`/proc/${pid}/status`) ?? '')
  // /proc also answers for the id of a thread, with the command line of its process.
  if (status.process !== null && status.process !== pid) return []
  const args = parseCmdline(readArguments(pid))
  const executable = readLink(`/proc/${pid}/exe`)
  const directory = readPath(`/proc/${pid}/cwd`)
  const isGone = directory === null ? null : isWorkingDirectoryGone(pid, directory)
  const view: ProcessView = {
    pid,
    parent: stat.parent,
    startTime: hasOurClock(pid) ? `${bootId()}/${stat.startTicks}` : null,
    user: status.user,
    command: args === null ? null : { args },
    executable: executable?.replace(/ \(deleted\)$/, '') ?? null,
    executableGone: executable === null ? null : executable.endsWith(' (deleted)'),
    workingDirectoryGone: isGone,
    workingDirectory: isGone === false ? directory : null,
    ...namespacesOf(pid),
    networkNamespace: readLink(`/proc/${pid}/ns/net`),
    ageSeconds: ageSeconds(stat),
    startedAt: startedAt(stat),
    memoryBytes: status.memoryBytes,
    cpuSeconds: stat.cpuTicks === null ? null : stat.cpuTicks / TICKS_PER_SECOND,
  }
  const after = readStat(pid)
  if (after === 'gone') return []
  return [after?.startTicks === stat.startTicks ? view : unknownView(pid)]
}

function unknownView(pid: number): ProcessView {
  return {
    pid,
    parent: null,
    startTime: null,
    user: null,
    command: null,
    executable: null,
    executableGone: null,
    workingDirectoryGone: null,
    workingDirectory: null,
    namespaces: null,
    networkNamespace: null,
    ageSeconds: null,
    startedAt: null,
    memoryBytes: null,
    cpuSeconds: null,
  }
}

/**
 * Returns whether the working directory was deleted. The suffix ` (deleted)` alone does not prove it, because it may be
 * part of the name. But a deleted directory has a link count of 0. Null on a file system that may hang when it is asked.
 */
function isWorkingDirectoryGone(pid: number, path: string): boolean | null {
  if (!path.endsWith(' (deleted)')) return false
  return isWorkingDirectoryLocal(pid) ? quietly(() => statSync(`/proc/${pid}/cwd`).nlink === 0) : null
}

/** Returns the arguments, decoded without loss, because two scopes whose names are not UTF-8 must not be confused. */
function readArguments(pid: number): string {
  return quietly(() => textOfBytes(readFileSync(`/proc/${pid}/cmdline`))) ?? ''
}

/** Of a variable that is set twice, the first value counts, as for getenv(3) and Python. Decoded without loss. */
function readEnvironment(pid: number): Readonly<Record<string, string>> | null {
  const text = quietly(() => textOfBytes(readFileSync(`/proc/${pid}/environ`)))
  if (text === null) return null
  const pairs = text.split('\0').flatMap((entry) => {
    const at = entry.indexOf('=')
    return at < 1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)] as const]
  })
  return Object.fromEntries(pairs.toReversed())
}

/** Returns the target of a symlink as text, decoded without loss even if it is not UTF-8. */
function readPath(path: string): string | null {
  return quietly(() => textOfBytes(readlinkSync(path, 'buffer')))
}
