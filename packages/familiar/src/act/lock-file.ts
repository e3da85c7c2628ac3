import { constants, fstatSync, ftruncateSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import { fileId } from '../identity/file-id.js'
import { isLockShown } from '../observe/platform/linux-lock-holder.js'
import { assertNotThroughLink, prepareOwnPlace } from './own-place.js'
import { openRegular, writeWhole } from './safe-file.js'
import { linkToNowhere, MOUNT_TARGET, writeHint } from './write-hint.js'

/** The holder of a lock, as its file names it. Only a daemon, which holds its lock until it ends, writes its start time. */
export interface Holder {
  readonly pid: number
  readonly startTime: string | null
}

/** Opens the file of a lock; creates it and its directory unless `mustExist`. Throws `E_SCOPE_UNUSABLE` or `E_RESOURCES`. */
export function openLockFile(path: string, mustExist: boolean): number {
  try {
    if (mustExist) {
      assertNotThroughLink(path)
      return openRegular(path, constants.O_RDWR)
    }
    prepareOwnPlace(path)
    return openRegular(path, constants.O_RDWR | constants.O_CREAT)
  } catch (error) {
    throw error instanceof FamiliarError ? error : unusable(path, error)
  }
}

/** Returns the error to throw. If the cause has no errno, its message says what is at the path instead of a lock file. */
export function unusable(path: string, error: unknown): FamiliarError {
  throwLack(error)
  const errno = errnoOf(error)
  const said = error instanceof Error ? error.message : String(error)
  const link = errno === 'ENOENT' ? linkToNowhere(path) : null
  const why = errno === 'EROFS' ? 'its file system is read-only (EROFS)' : (link ?? errno ?? said)
  return new FamiliarError('E_SCOPE_UNUSABLE', `cannot use the lock ${path}: ${why}`, {
    hint: link === null ? hintFor(path, errno) : MOUNT_TARGET,
    cause: error,
  })
}

function hintFor(path: string, errno: string | null): string {
  if (errno === 'ELOOP') return `it is a link, and a lock must be a file: remove ${path}`
  if (errno === null) return `a lock must be a regular file of this user: move ${path} away`
  return writeHint(dirname(path), errno)
}

/**
 * Returns whether the path still leads to the open file: a lock on a removed or replaced file protects nothing. Throws
 * the system's error if that cannot be determined.
 */
export function isLinked(descriptor: number, path: string): boolean {
  const there = statSync(path, { bigint: true, throwIfNoEntry: false })
  return there !== undefined && fileId(there) === fileId(fstatSync(descriptor, { bigint: true }))
}

/**
 * Writes the holder into the lock file. Overwrites the old text before truncating the file, which needs no new space on a
 * full disk. If this fails, empties the file, so that it never contains a partial text.
 */
export function writeHolder(descriptor: number, holder: Holder): void {
  const isShown = holder.startTime === null || isLockShown(descriptor)
  const named = {
    pid: holder.pid,
    birth: holder.startTime,
    since: new Date().toISOString(),
    ...(isShown ? {} : { is_shown: false }),
  }
  const text = `${JSON.stringify(named)}\n`
  try {
    writeWhole(descriptor, text, 0)
    ftruncateSync(descriptor, Buffer.byteLength(text))
  } catch (error) {
    ftruncateSync(descriptor, 0)
    throw error
  }
}

/** Like `isLinked`. Throws `E_SCOPE_UNUSABLE` or `E_RESOURCES` if that cannot be determined. */
export function isStillLinked(descriptor: number, path: string): boolean {
  try {
    return isLinked(descriptor, path)
  } catch (error) {
    throw unusable(path, error)
  }
}
