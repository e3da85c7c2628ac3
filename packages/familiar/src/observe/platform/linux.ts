import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { errnoOf, FamiliarError, throwLack } from '../../errors.js'
import type { Host, Listener, PortRange, ProcessView } from '../../identity/machine.js'
import { textOfBytes } from '../../identity/path-text.js'
import { hostIdOf } from './host-id.js'
import { findLockHolder } from './linux-locks.js'
import {
  isPastListeners,
  parseCmdline,
  parseProcNetTcp,
  parseProcStat,
  parseProcStatus,
  type ProcStat,
} from './parse-proc.js'
import type { Platform } from './platform.js'
import { mountOf, quietly, readDirectory, readFile, readLink, readTable } from './quietly.js'

/** Clock ticks per second in /proc: `USER_HZ`, 100 on every architecture that Node 20 runs on. */
const TICKS_PER_SECOND = 100

/**
 * The Linux backend, from /proc. Reads are synchronous: a small read of /proc takes microseconds and never blocks, and
 * the time between the last check of a process and the signal stays short. Every read throws `E_RESOURCES` when this
 * process lacks a file descriptor or memory for it: that says nothing about the process to be read.
 */
export const linux: Platform = {
  name: 'linux',
  host: async () => readHost(),
  listeners: async (range) => readListeners(range),
  holders: async (listeners, hints) => findHolders(listeners, hints),
  inspect: async (pids) => {
    assertOwnProc()
    return new Map(pids.flatMap((pid) => inspectOne(pid)).map((view) => [view.pid, view]))
  },
  lockHolder: async (path, told, pids) => {
    const found = findLockHolder(path, told, pids)
    return typeof found === 'number'
      ? { pid: found, startTime: inspectOne(found)[0]?.startTime ?? null }
      : found
  },
  environment: async (pid) => readEnvironment(pid),
}

/**
 * Throws `E_SCAN_IMPOSSIBLE` unless /proc shows this process under its own pid. In a pid namespace without its own /proc,
 * the same numbers name other processes: what is read there must not be recorded, and nothing may be signalled. (The
 * symlink /proc/self is not enough: it can agree by coincidence.)
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

/** What a daemon that proves itself does not need is read on demand: it would take longer than the request. */
function readHost(): Host {
  let namespaces: string | null = null
  let network: string | null = null
  return {
    pid: process.pid,
    user: String(process.geteuid?.()),
    bootId: bootId(),
    get hostId() {
      return hostId()
    },
    pidNamespace: pidNamespace(),
    get namespaces() {
      return (namespaces ??= readNamespaces('self') ?? 'unknown')
    },
    get networkNamespace() {
      return (network ??= readLink('/proc/self/ns/net') ?? 'unknown')
    },
  }
}

function readListeners(range: PortRange): readonly Listener[] {
  const tcp = readTable('/proc/net/tcp', isPastListeners)
  if (tcp === null) {
    throw new FamiliarError('E_LOOK_FAILED', 'cannot read the listeners from /proc/net/tcp', {
      hint: 'mount /proc where this runs',
    })
  }
  return [
    ...parseProcNetTcp(tcp, range),
    ...parseProcNetTcp(readTable('/proc/net/tcp6', isPastListeners) ?? '', range),
  ]
}

/** Checks the hints first: one directory read verifies a claimed pid, while a search visits every process. */
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

/** Returns the newest pid first: daemons are younger than most processes. */
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

/**
 * Reads the start time before and after the rest. Only a pid that the kernel says does not exist is left out: a process that
 * cannot be read, or whose pid was reused during the read, is reported with every fact unknown.
 */
function inspectOne(pid: number): readonly ProcessView[] {
  const stat = readStat(pid)
  if (stat === 'gone' || (stat !== null && isDead(stat))) return []
  if (stat === null) return [unknownView(pid)]
  const status = parseProcStatus(readFile(`/proc/${pid}/status`) ?? '')
  const args = parseCmdline(readArguments(pid))
  const executable = readLink(`/proc/${pid}/exe`)
  const isGone = isWorkingDirectoryGone(pid)
  const view: ProcessView = {
    pid,
    parent: stat.parent,
    startTime: hasOurClock(pid) ? `${bootId()}/${stat.startTicks}` : null,
    user: status.user,
    command: args === null ? null : { args },
    executable: executable?.replace(/ \(deleted\)$/, '') ?? null,
    executableGone: executable === null ? null : executable.endsWith(' (deleted)'),
    workingDirectoryGone: isGone,
    workingDirectory: isGone === false ? readPath(`/proc/${pid}/cwd`) : null,
    namespaces: readNamespaces(String(pid)),
    networkNamespace: readLink(`/proc/${pid}/ns/net`),
    ageSeconds: ageSeconds(stat),
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
    memoryBytes: null,
    cpuSeconds: null,
  }
}

/** The suffix alone proves nothing, because it may be part of a name; a removed directory has a link count of 0. */
function isWorkingDirectoryGone(pid: number): boolean | null {
  const path = readLink(`/proc/${pid}/cwd`)
  if (path === null || !path.endsWith(' (deleted)')) return path === null ? null : false
  return quietly(() => statSync(`/proc/${pid}/cwd`).nlink === 0)
}

/** A zombie is dead only when its last thread is: until then its sockets may still be open (measured: 24 of 25 times). */
function isDead(stat: ProcStat): boolean {
  return stat.state === 'X' || (stat.state === 'Z' && stat.threads <= 1)
}

/** Computed from our own start time, so that a container that fakes /proc/uptime cannot make an old process look young. */
function ageSeconds(stat: ProcStat): number | null {
  const own = readStat(process.pid)
  if (own === null || own === 'gone') return null
  const older = (Number(own.startTicks) - Number(stat.startTicks)) / TICKS_PER_SECOND
  return Math.max(0, older + process.uptime())
}

function readStat(pid: number): ProcStat | 'gone' | null {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    throwLack(error)
    const errno = errnoOf(error)
    if (errno === null) throw error
    return errno === 'ENOENT' || errno === 'ESRCH' ? 'gone' : null
  }
}

/** In another time namespace start times are shifted but the boot id is the same: they cannot be compared with ours. */
function hasOurClock(pid: number): boolean {
  return ownTime() === null || readLink(`/proc/${pid}/ns/time`) === ownTime()
}

let knownTime: string | null | undefined

/** Null on a kernel without time namespaces. */
function ownTime(): string | null {
  knownTime ??= readLink('/proc/self/ns/time')
  return knownTime
}

/** Arguments are bytes, decoded without loss: a root or project whose name is not UTF-8 is never taken for another one. */
function readArguments(pid: number): string {
  return quietly(() => textOfBytes(readFileSync(`/proc/${pid}/cmdline`))) ?? ''
}

/** Paths, pids and permissions mean the same to two processes only if all of these namespaces are equal. */
const KINDS = ['pid', 'mnt', 'time', 'user'] as const

function readNamespaces(pid: string): string | null {
  const links = KINDS.map((kind) =>
    kind === 'time' && ownTime() === null ? 'none' : readLink(`/proc/${pid}/ns/${kind}`),
  )
  const root = rootOf(pid)
  return root === null || links.includes(null) ? null : [...links, root].join(' ')
}

/**
 * A process in another root directory (chroot) may share every namespace with us, yet its paths name other files. The
 * mount id is part of the key: a root mounted a second time has the same inode, but other mounts below it.
 */
function rootOf(pid: string): string | null {
  return quietly(() => {
    const descriptor = openSync(`/proc/${pid}/root`, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      const { dev, ino } = fstatSync(descriptor)
      return `root:${dev}/${ino}/${mountOf(descriptor) ?? 'unknown'}`
    } finally {
      closeSync(descriptor)
    }
  })
}

let knownPidNamespace: string | null = null

/** A process stays in its pid namespace for life. */
function pidNamespace(): string {
  knownPidNamespace ??= readLink('/proc/self/ns/pid') ?? 'unknown'
  return knownPidNamespace
}

let knownBootId: string | null = null

function bootId(): string {
  knownBootId ??= readFile('/proc/sys/kernel/random/boot_id')?.trim() ?? `unknown@${hostId()}`
  return knownBootId
}

let knownHostId: string | null = null

/** Computed on demand: only the start of a daemon and a record of another boot need it. */
function hostId(): string {
  knownHostId ??= hostIdOf(readFile('/etc/machine-id')?.trim() || hostname())
  return knownHostId
}

function readEnvironment(pid: number): Readonly<Record<string, string>> | null {
  const text = readFile(`/proc/${pid}/environ`)
  if (text === null) return null
  const pairs = text.split('\0').flatMap((entry) => {
    const at = entry.indexOf('=')
    return at < 1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)] as const]
  })
  return Object.fromEntries(pairs)
}

/** Returns the target of a symlink as text, without loss even if it is not UTF-8. */
function readPath(path: string): string | null {
  return quietly(() => textOfBytes(readlinkSync(path, 'buffer')))
}
