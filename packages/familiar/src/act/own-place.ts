import { existsSync, lstatSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import { realPath } from '../observe/peek.js'
import { makeDirectory, writeNewFile } from './safe-file.js'

/** Written into our directories in a project or home, so that git ignores everything in them. */
const IGNORE = '.gitignore'

/**
 * Creates the directory of a lock or record of ours (0700) if it is missing, with a `.gitignore` of `*`, so that git never
 * stages its content.
 *
 * Throws `E_SCOPE_UNUSABLE` if a part of the path is a symlink, or if the directory or its parent belongs to another user:
 * an untrusted project must not make us write, or take a lock, outside itself.
 */
export function prepareOwnPlace(path: string): void {
  const directory = dirname(path)
  assertNotThroughLink(path)
  makeDirectory(directory)
  assertNotThroughLink(path)
  const ignore = join(directory, IGNORE)
  if (existsSync(ignore)) return
  try {
    writeNewFile(ignore, '*\n')
  } catch (error) {
    throwLack(error)
    // Another command may have written it. If the directory is not writable, writing the lock or record fails as well.
  }
}

/** Throws `E_SCOPE_UNUSABLE` if a lock or record is reached through a symlink or lies in another user's directory. */
export function assertNotThroughLink(path: string): void {
  const directory = dirname(path)
  const real = realPath(directory)
  if (real === null) throw unusable(directory, `it cannot be read (${whyUnreadable(directory)})`)
  if (real !== directory) throw unusable(directory, `it leads through a link, to ${real}`)
  for (const at of [directory, dirname(directory)]) {
    const owner = ownerOf(at)
    if (owner !== null) throw unusable(at, `it belongs to another user (${owner})`)
  }
}

/** Returns the uid of another user who owns the directory; null if it is this user's or root's, or cannot be read. */
function ownerOf(path: string): number | null {
  const user = process.geteuid?.()
  try {
    const { uid } = lstatSync(path)
    return user === undefined || uid === user || uid === 0 ? null : uid
  } catch (error) {
    throwLack(error)
    if (errnoOf(error) === null) throw error
    return null
  }
}

function whyUnreadable(directory: string): string {
  try {
    realpathSync.native(directory)
    return 'unknown'
  } catch (error) {
    return errnoOf(error) ?? String(error)
  }
}

function unusable(directory: string, why: string): FamiliarError {
  return new FamiliarError('E_SCOPE_UNUSABLE', `no lock or record is written in ${directory}: ${why}`, {
    hint: `make ${directory} a directory of this user`,
  })
}
