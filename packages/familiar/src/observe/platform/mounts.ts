import { closeSync, fstatSync, lstatSync, openSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileId } from '../../identity/file-id.js'
import { fileNameOf, textOfBytes } from '../../identity/path-text.js'
import { mountIn, mountOf, quietly, readFile } from './read-quietly.js'

/**
 * A flag of open(2) for which Node has no constant. With it, no content can be read, a FIFO does not block, no lock is
 * affected, and a link of /proc leads to its target without a question to the target's file system.
 */
export const O_PATH = 0o10_000_000

/**
 * Returns a text that identifies what a link of /proc leads to: its mount, its inode and its path. Never blocks, even if
 * the file system there does not answer, unless the kernel reports neither mounts nor inodes (gVisor). Equal texts mean
 * the same file or directory; null if it cannot be read.
 */
export function placeOf(link: string): string | null {
  return quietly(() => {
    const descriptor = openSync(link, O_PATH)
    try {
      const info = readFile(`/proc/self/fdinfo/${descriptor}`) ?? ''
      const mount = mountIn(info)
      const path = textOfBytes(readlinkSync(`/proc/self/fd/${descriptor}`, 'buffer'))
      const told = /^ino:\s*(\d+)$/m.exec(info)?.[1]
      // Linux tells the inode since 5.14. Before, the mount and the path have to do.
      const inode = told ?? (mount === null ? fileId(fstatSync(descriptor, { bigint: true })) : '')
      return `${mount ?? 'unknown'}/${inode}${path}`
    } finally {
      closeSync(descriptor)
    }
  })
}

/** Returns whether the root directory of a process in another mount namespace is the same directory as ours; false if unknown. */
export function hasOurRoot(pid: number): boolean {
  const [theirs, ours] = [rootOf(String(pid)), rootOf('self')]
  return theirs !== null && theirs === ours
}

/** Returns the device, the inode and the path of the root directory of a process, as text. Its mount is another one in each namespace. */
function rootOf(pid: string): string | null {
  const [, mount, rest] = /^(\d+)\/(\d+\/.*)$/s.exec(placeOf(`/proc/${pid}/root`) ?? '') ?? []
  const device = mountsOf(pid)?.find(({ id }) => id === mount)?.device
  return device === undefined || rest === undefined ? null : `${device}/${rest}`
}

interface Mount {
  readonly id: string
  /** The device of the superblock, as text. */
  readonly device: string
  readonly at: string
  readonly type: string
}

/** Returns the mounts that a process sees; null if they cannot be read. */
function mountsOf(pid = 'self'): readonly Mount[] | null {
  const text = quietly(() => textOfBytes(readFileSync(`/proc/${pid}/mountinfo`)))
  if (text === null) return null
  return text.split('\n').flatMap((line) => {
    const [, id, device, at, type] = /^(\d+) \d+ (\S+) \S+ (\S+) .* - (\S+) /.exec(line) ?? []
    if (id === undefined || device === undefined || at === undefined || type === undefined) return []
    return [{ id, device, at: at.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => charOf(octal)), type }]
  })
}

/** The kernel escapes white space and backslashes in a path. */
function charOf(octal: string): string {
  return String.fromCharCode(Number.parseInt(octal, 8))
}

/** File systems that wait neither for a server nor for another process. */
const LOCAL: ReadonlySet<string> = new Set(
  'ext2 ext3 ext4 xfs btrfs f2fs bcachefs zfs tmpfs ramfs overlay'.split(' '),
)

/**
 * Returns whether the working directory of a process is on a file system that answers by itself, or on that of our root
 * directory, without which this process cannot work either; false if unknown.
 */
export function isWorkingDirectoryLocal(pid: number): boolean {
  const mount = quietly(() => {
    const descriptor = openSync(`/proc/${pid}/cwd`, O_PATH)
    try {
      return mountOf(descriptor)
    } finally {
      closeSync(descriptor)
    }
  })
  const mounts = mountsOf() ?? []
  const found = mounts.find(({ id }) => id === mount)
  const root = mounts.findLast(({ at }) => at === '/')
  return found !== undefined && (LOCAL.has(found.type) || found.device === root?.device)
}

/** A path with more symlinks than this does not lead anywhere (`ELOOP`). */
const MAX_LINKS = 40

/**
 * Returns whether this process may read a path that another process named: every file system on its way answers by itself,
 * or is on the way of `own`, which the caller reads anyway. If another one hangs, so would this process. True on systems
 * that do not tell their mounts in /proc.
 */
export function mayRead(path: string, own: string, links = MAX_LINKS): boolean {
  const mounts = mountsOf()
  if (mounts === null) return true
  const near = new Set(onWay(mounts, resolve(own)).map(({ device }) => device))
  const isSafe = ({ device, type }: Mount): boolean => near.has(device) || LOCAL.has(type)
  const far = resolve(path)
  if (!onWay(mounts, far).every(isSafe)) return false
  const link = firstLink(far)
  return link === null || (links > 0 && mayRead(link, own, links - 1))
}

/** Returns the mounts through which a path leads, hidden ones too. */
function onWay(mounts: readonly Mount[], path: string): readonly Mount[] {
  return mounts.filter(({ at }) => at === '/' || path === at || path.startsWith(`${at}/`))
}

/** Returns the path with its first symlink replaced by where it leads; null if it contains none. */
function firstLink(path: string): string | null {
  const parts = path.split('/').slice(1)
  for (let at = 1; at <= parts.length; at++) {
    const here = `/${parts.slice(0, at).join('/')}`
    const name = fileNameOf(here)
    const isLink = quietly(() => lstatSync(name).isSymbolicLink())
    if (isLink !== true) continue
    const target = quietly(() => textOfBytes(readlinkSync(name, 'buffer')))
    return target === null ? null : resolve(dirname(here), target, ...parts.slice(at))
  }
  return null
}
