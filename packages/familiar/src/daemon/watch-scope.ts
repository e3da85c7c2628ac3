import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../errors.js'
import { fileId } from '../identity/file-id.js'
import { fileNameOf, textOfBytes } from '../identity/path-text.js'

/**
 * The state of the scope's directory, which has been the daemon's working directory since its start. `here`: the path
 * still leads to that directory. `absent`: that directory is proven gone from its path, whether the path now leads to
 * another one or to nothing. `unknown`: everything else, most importantly an unmounted file system.
 */
export type ScopeState = 'here' | 'absent' | 'unknown'

/**
 * Returns a function that returns the state of the scope. Call this once, after the process has changed into the scope. A
 * different device and inode at the path do not prove that the directory is gone: another file system may be mounted over
 * it, and some file systems (SMB without server inodes, shares of virtual machines) change the inode of a directory from
 * time to time. It is proven gone if the kernel reports another path for the working directory.
 */
export function watchScope(scope: string): () => ScopeState {
  const path = fileNameOf(scope)
  const parentPath = fileNameOf(dirname(scope))
  const parent = identityOf(parentPath)
  return () => {
    if (isWorkingDirectoryDeleted()) return 'absent'
    const found = identityOf(path)
    if (isSame(found, identityOf('.'))) return 'here'
    if (isMovedFrom(scope)) return 'absent'
    return found === 'ENOENT' && isSame(parent, identityOf(parentPath)) ? 'absent' : 'unknown'
  }
}

interface Identity {
  readonly id: string
}

function identityOf(path: string | Buffer): Identity | string | null {
  try {
    return { id: fileId(statSync(path, { bigint: true })) }
  } catch (error) {
    return errnoOf(error)
  }
}

function isSame(one: Identity | string | null, other: Identity | string | null): boolean {
  if (one === null || other === null || typeof one === 'string' || typeof other === 'string') return false
  return one.id === other.id
}

/** A deleted working directory has no link left. (`process.cwd()` is cached, and would not notice.) */
function isWorkingDirectoryDeleted(): boolean {
  try {
    return statSync('.').nlink === 0
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
  }
}

/** Returns whether the working directory now has another path, because it or a directory above it was renamed. */
function isMovedFrom(scope: string): boolean {
  try {
    const now = realpathSync.native('.', 'buffer')
    return textOfBytes(now) !== scope && isSame(identityOf(now), identityOf('.'))
  } catch {
    return false
  }
}
