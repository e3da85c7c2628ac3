import { accessSync, constants, existsSync, readlinkSync } from 'node:fs'
import { dirname } from 'node:path'

/** The advice after a failed write, by the name of its errno. `DIR` stands for the directory. */
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'free space on the disk that holds DIR',
  EDQUOT: 'free space on the disk that holds DIR: your quota there is used up',
  EFBIG: 'raise the limit of file sizes (ulimit -f)',
  EROFS: 'make the file system of DIR writable',
  EIO: 'check the disk that holds DIR: it fails',
  EISDIR: 'move DIR away: it is a directory where a file belongs',
}

/**
 * Returns the advice after a failed write in a directory. `errno`: the cause; null if the system gave no name. If a
 * permission is missing, names the directory that lacks it, which may be one above.
 */
export function writeHint(directory: string, errno: string | null): string {
  const hint =
    (errno === null ? undefined : HINTS[errno]) ?? 'make DIR a directory that this user can write to'
  const isForbidden = errno === 'EACCES' || errno === 'EPERM'
  return hint.replace('DIR', () => (isForbidden ? closedDirectory(directory) : null) ?? directory)
}

/**
 * Returns the directory that keeps this user from writing in `directory`: that one or, if it is not there or cannot be
 * seen, the nearest one above it that is there. Null if none does.
 */
export function closedDirectory(directory: string): string | null {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
    return null
  } catch {
    const above = dirname(directory)
    return above !== directory && !existsSync(directory) ? closedDirectory(above) : directory
  }
}

/** What lets something be written below a link to nowhere. */
export const MOUNT_TARGET = 'mount the disk to which the link leads'

/**
 * Returns the link because of which a path is not there, and cannot be created, in words; null if there is none. Such a link
 * often leads to a disk that is not mounted.
 */
export function linkToNowhere(path: string): string | null {
  if (existsSync(path)) return null
  try {
    return `${path} is a link to ${readlinkSync(path)}, which is not there`
  } catch {
    const above = dirname(path)
    return above === path ? null : linkToNowhere(above)
  }
}
