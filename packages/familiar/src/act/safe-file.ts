import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
  fsyncSync,
  unlinkSync,
  writeSync,
  mkdirSync,
} from 'node:fs'
import { CAREFUL } from '../observe/small-file.js'
import { dirname } from 'node:path'
import { errnoOf } from '../errors.js'

/**
 * Opens a file that others could have replaced: never blocks, never follows a symlink, and never opens a device. Returns
 * the file descriptor of a regular file of this user or root. Throws the system's error, or an error that says what is at
 * the path.
 */
export function openRegular(path: string, flags: number): number {
  const found = lstatSync(path, { throwIfNoEntry: false })
  // `open` itself rejects a symlink or a directory, with an errno that says more than our own error would. Every other
  // kind of file is checked below.
  if (found?.isSymbolicLink() === false && !found.isDirectory()) assertRegular(found)
  const descriptor = openSync(path, flags | CAREFUL, 0o600)
  try {
    assertRegular(fstatSync(descriptor))
    if ((flags & constants.O_CREAT) !== 0) letOwnerUse(descriptor, fstatSync(descriptor))
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

function assertRegular(found: Stats): void {
  if (!found.isFile()) throw new Error('it is not a regular file')
  const uid = process.geteuid?.()
  if (uid !== undefined && found.uid !== uid && found.uid !== 0)
    throw new Error(`it belongs to uid ${found.uid}`)
}

/**
 * Writes all of the content, at `position` or else at the descriptor's current offset. A single `write` may write only a
 * part (a full disk, a file size limit); the next one then fails with the reason. Throws the system's error.
 */
export function writeWhole(descriptor: number, content: string | Uint8Array, position?: number): void {
  const bytes = Buffer.from(content as string)
  for (let done = 0; done < bytes.length;) {
    const at = position === undefined ? null : position + done
    const written = writeSync(descriptor, bytes, done, bytes.length - done, at)
    if (written === 0) throw Object.assign(new Error('nothing was written'), { code: 'EIO' })
    done += written
  }
}

/**
 * Creates a file that must not exist yet (0600 from its first byte), and syncs its content to disk before returning. On
 * failure, throws the system's error and leaves no file of its own.
 */
export function writeNewFile(path: string, content: string | Uint8Array): void {
  const descriptor = createFile(path, 0o600)
  try {
    try {
      writeWhole(descriptor, content)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    removeLeftover(path)
    throw error
  }
}

/** Creates a file for writing; it must not exist yet. The umask restricts the mode, except for this user's own permissions. */
export function createFile(path: string, mode: number): number {
  const descriptor = openSync(path, 'wx', mode)
  try {
    letOwnerUse(descriptor, fstatSync(descriptor))
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    removeLeftover(path)
    throw error
  }
}

/** A umask such as 0777 removes this user's own permissions too; then the user could never open the new file again. */
function letOwnerUse(descriptor: number, { mode, size }: Stats): void {
  if (size === 0 && (mode & 0o600) !== 0o600) fchmodSync(descriptor, (mode & 0o7777) | 0o600)
}

/** How often to try to remove a file: after the first failure, nothing else would remove it soon. */
const REMOVALS = 2

/** Removes the file that a failed write left behind. Ignores its own errors, because the error of the write says more. */
export function removeLeftover(path: string): void {
  for (let tried = 0; tried < REMOVALS; tried++) {
    try {
      unlinkSync(path)
      return
    } catch {
      // Removing the file can fail, for example because a part of the path is not a directory.
    }
  }
}

/**
 * Creates a directory and its missing parents, each with the mode (0700 by default) from the start. The user always gets
 * all permissions, whatever the umask is. Returns whether the directory was missing. Throws the system's error.
 *
 * Does not use `mkdir` with `recursive`: it never ends below /proc, where the system keeps reporting a missing parent,
 * and on a read-only file system it reports a missing parent instead of the real cause.
 */
export function makeDirectory(path: string, mode = 0o700): boolean {
  const first = tryToMake(path, mode)
  if (first !== 'no parent') return first === 'made'
  if (dirname(path) !== path) makeDirectory(dirname(path), mode)
  // Try only once more: a parent that is a dangling symlink exists but is reported as missing every time.
  if (tryToMake(path, mode) === 'no parent') makeOne(path, mode)
  return true
}

function tryToMake(path: string, mode: number): 'made' | 'exists' | 'no parent' {
  try {
    makeOne(path, mode)
    return 'made'
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return 'exists'
    if (errnoOf(error) === 'ENOENT') return 'no parent'
    throw error
  }
}

/** A umask such as 0777 would create a directory that this user can never use. */
function makeOne(path: string, wanted: number): void {
  mkdirSync(path, { mode: wanted })
  const { mode } = lstatSync(path)
  if ((mode & 0o700) !== 0o700) chmodSync(path, (mode & 0o7777) | 0o700)
}
