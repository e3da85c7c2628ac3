import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'

/** The minimum free space. With less, SQLite cannot even open a database, because its index of the WAL takes 32 KiB. */
const NEEDED_BYTES = 64 * 1024

/** The information that `statfs` returns about a file system. */
export interface Space {
  readonly bsize: number
  readonly blocks: number
  readonly bfree: number
  /** The free blocks that a user other than root may use. */
  readonly bavail: number
  readonly files: number
  readonly ffree: number
}

/**
 * Returns why the disk that contains a path has no room for a queue or a record; null if it has room, or if that is
 * unknown. Writes nothing. For a path that does not exist yet, checks the directory in which it would be created.
 */
export function diskProblem(path: string): string | null {
  try {
    const lack = lackOf(statfsSync(path), process.geteuid?.() === 0)
    return lack === null ? null : `the disk that holds ${path} is full (${lack})`
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return isAbsent && dirname(path) !== path ? diskProblem(dirname(path)) : null
  }
}

/**
 * Returns what a file system lacks; null if nothing. A file system that does not count blocks or files (FUSE, btrfs)
 * reports 0 of 0.
 */
export function lackOf(
  { bsize, blocks, bfree, bavail, files, ffree }: Space,
  isRoot: boolean,
): string | null {
  if (blocks > 0 && (isRoot ? bfree : bavail) * bsize < NEEDED_BYTES)
    return `less than ${NEEDED_BYTES / 1024} KiB left`
  return files > 0 && ffree === 0 ? 'no inode left for another file' : null
}
