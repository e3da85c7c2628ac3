import { renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crypto } from '../protocol/crypto.js'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import { assertNotThroughLink, prepareOwnPlace } from './own-place.js'
import { makeDirectory, removeLeftover, writeNewFile } from './safe-file.js'
import { writeHint } from './write-hint.js'

/**
 * Replaces a file atomically: 0600 from its first byte, synced to disk, and never through a symlink. The old content
 * stays if anything fails. Creates the directory (0700) if missing. Throws `E_SCOPE_UNUSABLE` if the file cannot be
 * written, `E_RESOURCES` for lack of descriptors or memory.
 */
export function writePrivateFile(path: string, content: string): void {
  publish(path, content, () => {
    makeDirectory(dirname(path))
    assertNotThroughLink(path)
  })
}

/** Like `writePrivateFile`, but in a directory of our own, in which it also creates a `.gitignore` of `*`. */
export function writeOwnFile(path: string, content: string): void {
  publish(path, content, () => prepareOwnPlace(path))
}

function publish(path: string, content: string, prepare: () => void): void {
  const temporary = join(dirname(path), `.new-${crypto().randomBytes(6).toString('hex')}`)
  try {
    prepare()
    writeNewFile(temporary, content)
    renameSync(temporary, path)
  } catch (error) {
    removeLeftover(temporary)
    throwLack(error)
    if (error instanceof FamiliarError) throw error
    const errno = errnoOf(error)
    throw new FamiliarError('E_SCOPE_UNUSABLE', `cannot write ${path}: ${errno ?? String(error)}`, {
      // A rename fails so only if a directory is at the path itself.
      hint: writeHint(errno === 'EISDIR' ? path : dirname(path), errno),
      cause: error,
    })
  }
}
