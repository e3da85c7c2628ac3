import { existsSync, lstatSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import { realPath } from '../observe/peek.js'
import { makeDirectory, writeNewFile } from './safe-file.js'
import { writeHint } from './write-hint.js'

/** The file that makes git ignore everything in the directories that we create in a project or home. */
const IGNORE = '.gitignore'

/**
 * Creates the directory of a lock, record or token file (0700) if it is missing, and in it a `.gitignore` of `*`, so
 * that git never stages its content.
 *
 * Throws `E_SCOPE_UNUSABLE` if the path to the directory leads through a symlink, or if the directory or its parent
 * belongs to another user (root excepted): an untrusted project must not make us write, or take a lock, outside itself.
 * Throws the system's error if the directory cannot be created.
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
    // The file may exist because another command has just written it. If the directory is not writable, writing the lock
    // or record will report that.
  }
}

/**
 * Throws `E_SCOPE_UNUSABLE` if the path to the directory of a lock or record leads through a symlink or cannot be
 * resolved, or if the directory or its parent belongs to a user other than this one or root.
 */
export function assertNotThroughLink(path: string): void {
  const directory = dirname(path)
  const real = realPath(directory)
  if (real === null) {
    const why = whyUnreadable(directory)
    throw unusable(directory, `it cannot be read (${why})`, writeHint(directory, why))
  }
  if (real !== directory) throw unusable(directory, `it leads through a link, to ${real}`)
  for (const at of [directory, dirname(directory)]) {
    const owner = ownerOf(at)
    if (owner !== null) throw unusable(at, `it belongs to another user (${owner})`)
  }
}

/**
 * Returns the uid of the directory's owner if it belongs to a user other than this one or root; otherwise, or if it
 * cannot be read, null.
 */
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

function unusable(
  directory: string,
  why: string,
  hint = `make ${directory} a directory of this user`,
): FamiliarError {
  return new FamiliarError('E_SCOPE_UNUSABLE', `no lock or record is written in ${directory}: ${why}`, {
    hint,
  })
}
