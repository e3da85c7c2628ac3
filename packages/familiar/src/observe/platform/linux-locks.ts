import { closeSync, fstatSync, openSync, statSync, type BigIntStats } from 'node:fs'
import { basename } from 'node:path'
import { errnoOf, throwLack } from '../../errors.js'
import type { ToldHolder } from '../../identity/lock-holder.js'
import { mountOf, quietly, readDirectory, readFile, readLink } from './quietly.js'

/**
 * Returns the process that holds the kernel lock on the file, null when the lock is free or there is no such file,
 * `unknown` when it is held by a process that cannot be seen from here, or the kernel does not tell.
 *
 * A process holds it when one of its descriptors is the file (same device and inode) and the kernel prints a lock for that
 * descriptor. The text of the file never counts: it can be copied, restored or written by any process. `pids` are looked
 * at first, once for all files that are asked for with the same list; only when none of them holds a lock that /proc/locks
 * knows, every process is.
 *
 * May block for as long as the file system of the file does.
 */
export function findLockHolder(
  path: string,
  told: ToldHolder,
  pids: readonly number[],
): number | 'unknown' | null {
  const file = statOf(path)
  if (file === null || file === 'unknown') return file
  // Its holder saw that this kernel prints no locks for descriptors.
  if (told === 'unknown') return 'unknown'
  const name = basename(path)
  const isIt = (lock: HeldFile): boolean => lock.dev === file.dev && lock.ino === file.ino
  const first = told === null ? [] : locksOf(told.pid, name)
  const found = first.find(isIt) ?? locksOfAll(pids, name).find(isIt)
  if (found !== undefined) return found.pid
  for (let search = 0; search < SEARCHES; search++) {
    const listed = countListed(path, file)
    if (listed === 0) return null
    const all = allPids().flatMap((pid) => locksOf(pid, name))
    const holder = all.find(isIt)
    if (holder !== undefined) return holder.pid
    // Subvolumes of btrfs have the same device in that list, and a snapshot has the inodes of its original.
    const others = new Set(all.filter(({ ino }) => ino === file.ino).map(({ dev }) => dev))
    if (others.size >= listed) return null
  }
  return 'unknown'
}

/** A command that only tries the lock has it for some microseconds: it is listed, and then not found. */
const SEARCHES = 3

function allPids(): readonly number[] {
  return readDirectory('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** A locked file that a process has open. */
interface HeldFile {
  readonly pid: number
  readonly dev: bigint
  readonly ino: bigint
}

/** A look asks for the locks of many scopes, and its candidates are always the same. */
const known = new WeakMap<readonly number[], Map<string, readonly HeldFile[]>>()

function locksOfAll(pids: readonly number[], name: string): readonly HeldFile[] {
  const byName = known.get(pids) ?? new Map<string, readonly HeldFile[]>()
  known.set(pids, byName)
  const held = byName.get(name) ?? pids.flatMap((pid) => locksOf(pid, name))
  byName.set(name, held)
  return held
}

/** Reads the links first: most descriptors are something else, and a stat of one on a dead mount would block. */
function locksOf(pid: number, name: string): readonly HeldFile[] {
  return readDirectory(`/proc/${pid}/fd`).flatMap((descriptor) => {
    const link = readLink(`/proc/${pid}/fd/${descriptor}`)
    if (link === null || basename(link) !== name) return []
    const info = readFile(`/proc/${pid}/fdinfo/${descriptor}`)
    if (info === null || !LOCKED.test(info)) return []
    const open = quietly(() => statSync(`/proc/${pid}/fd/${descriptor}`, { bigint: true }))
    return open === null ? [] : [{ pid, dev: open.dev, ino: open.ino }]
  })
}

/** Not a `flock`, which is another kind of lock. The device in that line is not the one that stat gives (btrfs, overlay). */
const LOCKED = /^lock:.*\b(?:OFDLCK|POSIX)\s+\S+\s+WRITE\b/m

/**
 * Returns how many locks the kernel knows on files with this device and inode. Small inode numbers are the same on many file
 * systems: without the device, a lock of another container would keep this one from being free.
 */
function countListed(path: string, file: BigIntStats): number {
  const locks = readFile('/proc/locks')
  if (locks === null) return Number.POSITIVE_INFINITY
  const pattern = new RegExp(`\\s(?:OFDLCK|POSIX)\\s.*\\s([0-9a-f]+:[0-9a-f]+):${file.ino}\\s`, 'g')
  const devices = [...locks.matchAll(pattern)].map(([, device]) => device)
  if (devices.length === 0) return 0
  const own = deviceOf(path, file)
  return own === null ? devices.length : devices.filter((device) => device === own).length
}

/** Opens the name of a file only: nothing is read, no FIFO waits, and no lock is touched. Node has no name for it. */
const O_PATH = 0o10_000_000

/**
 * Returns the device of the file's mount as /proc/locks prints it, null where it cannot be told. It is not the one that stat
 * gives (btrfs, overlay), but the one of the superblock, which the list of mounts has.
 */
function deviceOf(path: string, file: BigIntStats): string | null {
  const descriptor = quietly(() => openSync(path, O_PATH))
  if (descriptor === null) return null
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true })
    if (dev !== file.dev || ino !== file.ino) return null
    const mounts = readFile('/proc/self/mountinfo') ?? ''
    const numbers =
      new RegExp(`^${mountOf(descriptor)} \\d+ (\\d+):(\\d+) `, 'm').exec(mounts)?.slice(1) ?? []
    return numbers.length === 0 ? null : numbers.map((number) => hex(Number(number))).join(':')
  } finally {
    closeSync(descriptor)
  }
}

function hex(number: number): string {
  return number.toString(16).padStart(2, '0')
}

/**
 * Returns whether the kernel prints the lock that this process has just taken on a descriptor: where it does not, others
 * cannot see it either, and must be told. True on systems whose locks are not read that way.
 */
export function isLockShown(descriptor: number): boolean {
  const info = readFile(`/proc/self/fdinfo/${descriptor}`)
  return info === null || LOCKED.test(info)
}

function statOf(path: string): BigIntStats | 'unknown' | null {
  try {
    return statSync(path, { bigint: true })
  } catch (error) {
    throwLack(error)
    return errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR' ? null : 'unknown'
  }
}
