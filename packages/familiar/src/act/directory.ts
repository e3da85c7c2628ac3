import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, FamiliarError } from '../errors.js'
import type { Family } from '../family.js'

/**
 * Throws `E_SCOPE_UNUSABLE` if the scope must already exist and does not. Returns a check that throws the same later if it
 * is no longer the same directory: taking a lock meanwhile may have recreated a deleted scope.
 */
export function assertScopeThere({ scopeMustExist }: Family, scope: string): () => void {
  if (scopeMustExist !== true) return () => undefined
  const before = nameOf(scope)
  const assertStill = (): void => {
    if (before !== null && nameOf(scope) === before) return
    throw new FamiliarError('E_SCOPE_UNUSABLE', `${scope} is not there any more`)
  }
  assertStill()
  return assertStill
}

/** Inodes are reused, so the birth time is part of the key. An unreadable directory is left for later calls to report. */
function nameOf(path: string): string | null {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    return found === undefined ? null : [found.dev, found.ino, found.birthtimeNs].join()
  } catch (error) {
    return String(errnoOf(error))
  }
}

/**
 * Creates a directory and its missing parents, each 0700 from the start. Not `mkdir` with `recursive`, which reports a
 * missing parent on a read-only file system.
 */
export function makeDirectory(path: string): void {
  if (isMade(path)) return
  if (dirname(path) !== path) makeDirectory(dirname(path))
  if (!isMade(path)) mkdirSync(path, { mode: 0o700 })
}

/** False if the parent is missing, but also if it is a dangling symlink or below /proc: do not retry forever. */
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
