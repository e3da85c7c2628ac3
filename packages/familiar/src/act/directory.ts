import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../errors.js'

/**
 * Makes a directory and what is missing above it, each 0700 from the start. Not `mkdir` with `recursive`, which on a
 * read-only file system says that the parent is missing.
 */
export function makeDirectory(path: string): void {
  if (isMade(path)) return
  if (dirname(path) !== path) makeDirectory(dirname(path))
  if (!isMade(path)) mkdirSync(path, { mode: 0o700 })
}

/** False where the parent is missing: or a link to nowhere, or below /proc, so that trying again must end. */
function isMade(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return true
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}
