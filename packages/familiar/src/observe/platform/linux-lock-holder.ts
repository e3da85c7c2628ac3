import { closeSync, fstatSync, openSync, statSync, type BigIntStats } from 'node:fs'
import { basename } from 'node:path'
import { errnoOf, throwLack } from '../../errors.js'
import { fileId } from '../../identity/file-id.js'
import type { ToldHolder } from '../../protocol/lock-holder.js'
import { O_PATH } from './mounts.js'
import {
  mountIn,
  mountOf,
  PAGE_BYTES,
  quietly,
  readDirectory,
  readFile,
  readLink,
  readTable,
} from './read-quietly.js'

/**
 * Returns the pid of the process that holds the kernel lock on the file. Null if the lock is free or the file does not
 * exist. `unknown` if the holder is not visible from here or the kernel does not report it. May block for as long as the
 * file's file system does.
 *
 * A process is the holder if one of its file descriptors is the file (same device and inode) and the kernel prints a lock
 * for that descriptor. The file's text never proves a holder, because any process could have copied, restored or written
 * it. The pids in `told` and `pids` are only checked first (`pids` once for all calls with the same list). If none of
 * them is the holder, every process is searched, but only if /proc/locks lists a lock on the file or cannot be read. A
 * file on another file system than this one is not asked for its inode, because that file system may hang.
 */
export function findLockHolder(
  path: string,
  told: ToldHolder,
  pids: readonly number[],
): number | 'unknown' | null {
  const file = statOf(path)
  if (file === null || file === 'unknown') return file
  // The holder noted in the file that this kernel does not print locks in fdinfo, so no search can find it.
  if (told === 'unknown') return 'unknown'
  const name = basename(path)
  const isBeside = sameFileSystem(path, file)
  const isIt = (lock: HeldFile): boolean => {
    const open = isBeside(lock) ? lock.stat() : null
    return open !== null && fileId(open) === fileId(file)
  }
  const first = told === null ? [] : locksOf(told.pid, name)
  const found = first.find(isIt) ?? locksOfAll(pids, name).find(isIt)
  if (found !== undefined) return found.pid
  for (let search = 0; search < SEARCHES; search++) {
    const listed = listedDevices(path, file)
    if (listed?.length === 0) return null
    const all = allPids().flatMap((pid) => locksOf(pid, name))
    const holder = all.find(isIt)
    if (holder !== undefined) return holder.pid
    if (listed !== null && isOfOthers(listed, file, all.filter(isBeside))) return null
  }
  return 'unknown'
}

/**
 * Returns whether locks on other files of the same file system account for every one that is listed, so that the lock on
 * this file is free. In /proc/locks all btrfs subvolumes have the same device, and a snapshot has the same inodes as its
 * original. A lock on another file system accounts for none of this one, even if it is on an inode of the same number.
 */
function isOfOthers(
  listed: readonly string[],
  file: Pick<BigIntStats, 'dev' | 'ino'>,
  all: readonly HeldFile[],
): boolean {
  const others = all.flatMap(({ listedAs, stat }) => {
    const open = stat()
    return open?.ino === file.ino && open.dev !== file.dev ? [{ dev: open.dev, listedAs }] : []
  })
  return listed.every((device) => {
    const told = new Set(others.flatMap(({ dev, listedAs }) => (listedAs === device ? [dev] : [])))
    return told.size >= listed.filter((one) => one === device).length
  })
}

/**
 * How often to search. A command that only tests the lock holds it for microseconds, so that lock may be listed but no
 * longer be found.
 */
const SEARCHES = 3

function allPids(): readonly number[] {
  return readDirectory('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/**
 * A locked file that a process has open. `listedAs`: its device, as /proc/locks prints it. `mount`: the id of its mount;
 * null if the kernel does not report it. `stat` blocks for as long as its file system does, and returns null if it fails.
 */
interface HeldFile {
  readonly pid: number
  readonly mount: string | null
  readonly listedAs: string
  readonly stat: () => BigIntStats | null
}

/**
 * A cache of locked files, by the list of pids and then by file name, because a scan asks for the locks of many scopes
 * with the same list.
 */
const known = new WeakMap<readonly number[], Map<string, readonly HeldFile[]>>()

function locksOfAll(pids: readonly number[], name: string): readonly HeldFile[] {
  const byName = known.get(pids) ?? new Map<string, readonly HeldFile[]>()
  known.set(pids, byName)
  const held = byName.get(name) ?? pids.flatMap((pid) => locksOf(pid, name))
  byName.set(name, held)
  return held
}

/**
 * Returns the locked files with this name that the process has open. Compares the names first, because most descriptors
 * belong to other files. The kernel says of a file that was opened by another link that it is deleted, although it may
 * still be there by this one.
 */
function locksOf(pid: number, name: string): readonly HeldFile[] {
  return readDirectory(`/proc/${pid}/fd`).flatMap((descriptor) => {
    const link = readLink(`/proc/${pid}/fd/${descriptor}`)
    if (link === null || basename(link).replace(/ \(deleted\)$/, '') !== name) return []
    const info = readFile(`/proc/${pid}/fdinfo/${descriptor}`) ?? ''
    const [, listedAs = null] = LOCKED.exec(info) ?? []
    if (listedAs === null) return []
    let open: BigIntStats | null = null
    const stat = (): BigIntStats | null =>
      (open ??= quietly(() => statSync(`/proc/${pid}/fd/${descriptor}`, { bigint: true })))
    return [{ pid, listedAs, mount: mountIn(info), stat }]
  })
}

/**
 * Returns a function that says whether a locked file is known to be on the file system of this one. Usually stat returns the
 * device that the kernel prints for the lock. Only if it returns another one (btrfs, overlay), the mounts are read.
 */
function sameFileSystem(path: string, file: BigIntStats): (lock: HeldFile) => boolean {
  const told = deviceText(file.dev)
  let mounted: Mounted | undefined
  return ({ listedAs, mount }) => {
    if (listedAs === told) return true
    mounted ??= mountedAs(path, file)
    return listedAs === mounted.device || (mount !== null && mount === mounted.mount)
  }
}

/** The numbers are those of `makedev` in the C library of Linux. */
function deviceText(dev: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xffff_f000n)
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffff_ff00n)
  return `${hex(Number(major))}:${hex(Number(minor))}`
}

/**
 * Matches a line of fdinfo for a write lock of the kind we use (`flock` locks are another kind), and its device. That is
 * compared only with /proc/locks, because stat may return another one (btrfs, overlay).
 */
const LOCKED = /^lock:.*\b(?:OFDLCK|POSIX)\s+\S+\s+WRITE\s+\S+\s+([0-9a-f]+:[0-9a-f]+):/m

/**
 * Returns the device of each lock that /proc/locks may list for this file; null if it cannot be read. Only the file's own
 * device counts if it is known: different file systems use the same small inode numbers, so a lock on another one could
 * make this lock look held.
 */
function listedDevices(path: string, file: BigIntStats): readonly string[] | null {
  const devices = devicesOfLocks(file)
  if (devices === null) return null
  const own = devices.length === 0 ? null : mountedAs(path, file).device
  return own === null ? devices : devices.filter((device) => device === own)
}

/**
 * Returns the device of each lock on an inode of this number; null if the locks cannot be read. If another lock was released
 * while several pages were read, this one may have moved from the next page to one that was already read. So if it is not
 * found in several pages, they are read once more.
 */
function devicesOfLocks({ ino }: BigIntStats): readonly string[] | null {
  const pattern = new RegExp(`\\s(?:OFDLCK|POSIX)\\s.*\\s([0-9a-f]+:[0-9a-f]+):${ino}\\s`, 'g')
  for (let isAgain = false; ; isAgain = true) {
    const text = readTable('/proc/locks')
    if (text === null) return null
    const devices = [...text.matchAll(pattern)].map(([, device = '']) => device)
    if (devices.length > 0 || isAgain || text.length < PAGE_BYTES) return devices
  }
}

/** The mount of a file: its id, and its device as /proc/locks prints it; null if unknown. */
interface Mounted {
  readonly mount: string | null
  readonly device: string | null
}

const UNKNOWN: Mounted = { mount: null, device: null }

/**
 * Returns the mount of the file. Its device is that of the superblock, which mountinfo lists; stat may return another one
 * (btrfs, overlay).
 */
function mountedAs(path: string, file: BigIntStats): Mounted {
  const descriptor = quietly(() => openSync(path, O_PATH))
  if (descriptor === null) return UNKNOWN
  try {
    if (fileId(fstatSync(descriptor, { bigint: true })) !== fileId(file)) return UNKNOWN
    const mount = mountOf(descriptor)
    const mounts = readFile('/proc/self/mountinfo') ?? ''
    const numbers = new RegExp(`^${mount} \\d+ (\\d+):(\\d+) `, 'm').exec(mounts)?.slice(1) ?? []
    return {
      mount,
      device: numbers.length === 0 ? null : numbers.map((number) => hex(Number(number))).join(':'),
    }
  } finally {
    closeSync(descriptor)
  }
}

function hex(number: number): string {
  return number.toString(16).padStart(2, '0')
}

/**
 * Returns whether the kernel prints the lock that this process has just taken on a file descriptor. If it does not, other
 * processes cannot see the lock either, and the lock file must tell them. True on systems without fdinfo.
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
