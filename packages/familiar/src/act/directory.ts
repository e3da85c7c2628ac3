import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, FamiliarError } from '../errors.js'
import type { Family } from '../family.js'

/**
 * Throws `E_SCOPE_UNUSABLE` where the scope must be there already and is not. Returns what throws the same later, when it
 * is no longer that very directory: a lock that was taken meanwhile may have brought its path back.
 */
export function assertScopeThere({ isScopeGiven }: Family, scope: string): () => void {
  if (isScopeGiven !== true) return () => undefined
  const before = nameOf(scope)
  const assertStill = (): void => {
    if (before !== null && nameOf(scope) === before) return
    throw new FamiliarError('E_SCOPE_UNUSABLE', `${scope} is not there any more`)
  }
  assertStill()
  return assertStill
}

/** The number of a directory is given to the next one; when that was made tells them apart. What cannot be told is left to others. */
function nameOf(path: string): string | null {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    return found === undefined ? null : [found.dev, found.ino, found.birthtimeNs].join()
  } catch (error) {
    return String(errnoOf(error))
  }
}

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
