import { statSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crypto } from '../protocol/crypto.js'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import type { Family } from '../family.js'
import { isFaithful } from '../identity/path-text.js'
import { removeLeftover, writeNewFile } from './safe-file.js'
import { writeHint } from './write-hint.js'

/**
 * Throws `E_SCOPE_FOREIGN_OWNER` if a path belongs to a user other than `uid`, the user of this process. Root in another
 * user's home (sudo with that user's HOME) may scan, but must not leave root-owned files there. A path that does not
 * exist yet is judged by its nearest existing parent, and only for root: other users get a permission error anyway where
 * they may not write. Checks nothing on systems without uids (Windows).
 */
export function assertOwnScope(paths: readonly string[], uid: number | undefined): void {
  if (uid === undefined) return
  for (const path of paths) {
    const owner = ownerOf(path)
    if (owner === null) continue
    if (owner.uid !== uid && (owner.isExact || uid === 0)) {
      throw new FamiliarError(
        'E_SCOPE_FOREIGN_OWNER',
        `${owner.path} belongs to uid ${owner.uid}, this is uid ${uid}: looking is all that is done here`,
        { hint: hintFor(owner.uid) },
      )
    }
  }
}

/** Do not suggest running as root just because root owns a directory: that would create more files that only root can change. */
function hintFor(owner: number): string {
  const own = 'use a directory of your own'
  return owner === 0 ? own : `run the command as uid ${owner}, or ${own}`
}

interface Owner {
  readonly path: string
  readonly uid: number
  readonly isExact: boolean
}

function ownerOf(path: string, isExact = true): Owner | null {
  try {
    return { path, uid: statSync(path).uid, isExact }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || dirname(path) === path) return null
    return ownerOf(dirname(path), false)
  }
}

/**
 * The free disk space that a new daemon needs. A record takes less than 2 KiB, and so do the first log lines; the old
 * record stays until the new one is written.
 */
const ROOM_BYTES = 8 * 1024

export interface WriteRequest {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly logFile: string
}

/**
 * Throws if a new daemon of the scope could not write its files. Call this before a running daemon is stopped for its
 * successor. Writes a small file into the directories of the record and the log, syncs it to disk, and removes it. For a
 * directory that does not exist yet, uses its nearest existing parent within the scope. Throws `E_SCOPE_UNUSABLE` for a
 * full disk, a limit, a read-only file system or a missing permission. Throws `E_SCOPE_FOREIGN_OWNER`, before anything is
 * written, if the scope belongs to another user.
 */
export function assertCanWrite({ family, scope, logFile }: WriteRequest): void {
  const { record } = family.files(scope)
  const directories = new Set([dirname(record), dirname(logFile)])
  assertOwnScope([scope, ...directories], process.geteuid?.())
  for (const directory of directories) {
    const there = nearest(directory, scope)
    if (there !== null) tryToWrite(there)
  }
}

function nearest(directory: string, scope: string): string | null {
  if (existsSync(directory)) return directory
  const parent = dirname(directory)
  return parent === scope || parent.startsWith(join(scope, '/')) ? nearest(parent, scope) : null
}

function tryToWrite(directory: string): void {
  const path = join(directory, `.room-${crypto().randomBytes(6).toString('hex')}`)
  try {
    writeNewFile(path, Buffer.alloc(ROOM_BYTES))
  } catch (error) {
    throwLack(error)
    const errno = errnoOf(error)
    throw new FamiliarError('E_SCOPE_UNUSABLE', `cannot write in ${directory}: ${errno ?? String(error)}`, {
      hint: `${writeHint(directory, errno)}; no daemon was stopped, because another one could not start`,
      cause: error,
    })
  } finally {
    removeLeftover(path)
  }
}

/** Throws `E_SCOPE_UNUSABLE` if the path is not UTF-8, because its text could then stand for several directories. */
export function assertFaithful(path: string): void {
  if (isFaithful(path)) return
  throw new FamiliarError('E_SCOPE_UNUSABLE', `${path} cannot be used: its path is not UTF-8`, {
    hint: 'use a directory whose path is UTF-8, or rename this one',
  })
}

/**
 * Throws `E_SCOPE_UNUSABLE` if the path of the scope is not UTF-8, or if the scope does not exist and the family does not allow creating it (`scopeMustExist`).
 * Returns a check to be called later, which throws the same error if the scope is no longer the same directory: taking
 * a lock meanwhile may have recreated a deleted scope.
 */
export function assertScopeThere({ scopeMustExist }: Family, scope: string): () => void {
  assertFaithful(scope)
  if (scopeMustExist !== true) return () => undefined
  const before = nameOf(scope)
  const assertStill = (): void => {
    if (before !== null && nameOf(scope) === before) return
    throw new FamiliarError('E_SCOPE_UNUSABLE', `${scope} is not there any more`)
  }
  assertStill()
  return assertStill
}

/**
 * Returns a key that identifies the directory; null if it does not exist. Inodes are reused, so the birth time is part of
 * the key. If the directory cannot be read, later calls report that.
 */
function nameOf(path: string): string | null {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    return found === undefined ? null : [found.dev, found.ino, found.birthtimeNs].join()
  } catch (error) {
    return String(errnoOf(error))
  }
}
