import {
  closeSync,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
  type BigIntStats,
  type Dirent,
} from 'node:fs'
import { lstat, open, opendir, readlink, realpath, stat, statfs } from 'node:fs/promises'

/** A file or directory that is open for reading. */
export interface OpenFile {
  readonly fd: number
  stat(options: { readonly bigint: true }): Promise<BigIntStats>
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>
  close(): Promise<void>
}

/** An entry of a directory, as the directory itself describes it. */
export interface Entry {
  /** Each character stands for one byte, because a name need not be valid text. */
  readonly name: string
  /** Whether the entry is a regular file. False if it is not, or if the directory does not say. */
  readonly is_file: boolean
}

/** The system calls by which a project is read. */
export interface Disk {
  lstat(path: string): Promise<BigIntStats>
  stat(path: string): Promise<BigIntStats>
  readlink(path: string): Promise<string>
  realpath(path: string): Promise<string>
  open(path: string, flags: number): Promise<OpenFile>
  /** Returns the entries of a directory, at most `max`. `size` is the size of the directory itself in bytes. */
  entries(path: string, max: number, size: number): Promise<readonly Entry[]>
}

/** Makes each call on another thread, so that a file system that does not answer blocks only that thread. */
const PATIENT: Disk = {
  lstat: (path) => lstat(path, { bigint: true }),
  stat: (path) => stat(path, { bigint: true }),
  readlink,
  realpath: (path) => realpath(path),
  open,
  async entries(path, max) {
    const entries: Entry[] = []
    for await (const entry of await opendir(path, AS_BYTES)) {
      entries.push(entryOf(entry))
      if (entries.length === max) break
    }
    return entries
  },
}

/**
 * Makes each call on this thread. On a local disk a call takes some microseconds. Passing it to another thread takes ten
 * times as long, and 412 missions need some fifty thousand calls.
 */
const PROMPT: Disk = {
  lstat: async (path) => lstatSync(path, { bigint: true }),
  stat: async (path) => statSync(path, { bigint: true }),
  readlink: async (path) => readlinkSync(path),
  realpath: async (path) => realpathSync.native(path),
  open: async (path, flags) => openFile(openSync(path, flags)),
  async entries(path, max, size) {
    if (size <= SMALL_DIRECTORY_BYTES)
      return readdirSync(path, { ...AS_BYTES, withFileTypes: true })
        .slice(0, max)
        .map((entry) => entryOf(entry))
    const directory = opendirSync(path, AS_BYTES)
    try {
      const entries: Entry[] = []
      while (entries.length < max) {
        const entry = directory.readSync()
        if (entry === null) break
        entries.push(entryOf(entry))
      }
      return entries
    } finally {
      directory.closeSync()
    }
  },
}

/**
 * A directory of up to this size has at most some thousand entries. Reading them in one call takes a third of the time of
 * one call per entry. A directory that an attacker has prepared to fill the memory is larger, so it is not read in one
 * call.
 */
const SMALL_DIRECTORY_BYTES = 64 * 1024

const AS_BYTES = { encoding: 'latin1', bufferSize: 256 } as const

function entryOf(entry: Dirent): Entry {
  return { name: entry.name, is_file: entry.isFile() }
}

function openFile(fd: number): OpenFile {
  return {
    fd,
    stat: async (options) => fstatSync(fd, options),
    read: async (buffer, offset, length, position) => ({
      bytesRead: readSync(fd, buffer, offset, length, position),
    }),
    close: async () => closeSync(fd),
  }
}

/** The types (`statfs`) of file systems on a disk or in the memory of this machine, which therefore always answer. */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0x794c7630, // overlay
  0x1a, // APFS
])

/** How to read each project, by its root directory. */
const disks = new Map<string, Disk>()
const MAX_KNOWN = 1000

/** Finds out how to read files below a directory. Until then, and if that fails, each call is made on another thread. */
export async function chooseDisk(root: string): Promise<void> {
  if (disks.has(root)) return
  if (disks.size >= MAX_KNOWN) disks.clear()
  try {
    const { type } = await statfs(root)
    disks.set(root, LOCAL.has(type >>> 0) ? PROMPT : PATIENT)
  } catch {
    // The directory is gone or unreadable. The code that reads it reports this.
  }
}

/** Returns how to read files below a directory. */
export function diskOf(root: string): Disk {
  return disks.get(root) ?? PATIENT
}
