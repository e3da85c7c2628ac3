import { statSync } from 'node:fs'
import { errnoOf, FamiliarError } from '../errors.js'
import type { Family } from '../family.js'
import { isFaithful } from '../identity/path-text.js'

/** Throws `E_SCOPE_UNUSABLE` if the path is not UTF-8, because its text could then stand for several directories. */
export function assertFaithful(path: string): void {
  if (isFaithful(path)) return
  throw new FamiliarError('E_SCOPE_UNUSABLE', `${path} cannot be used: its path is not UTF-8`, {
    hint: 'use a directory whose path is UTF-8, or rename this one',
  })
}

/**
 * Throws `E_SCOPE_UNUSABLE` if the path of the scope is not UTF-8, or if the scope does not exist and the family does not
 * allow creating it (`scopeMustExist`). Returns a check for later, which throws the same error if the scope is no longer
 * the same directory, because taking a lock meanwhile may have recreated a deleted scope.
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
