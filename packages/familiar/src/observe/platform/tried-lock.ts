import { closeSync, constants, openSync } from 'node:fs'
import { errnoOf, throwLack } from '../../errors.js'
import { CAREFUL } from '../peek.js'
import type { LockHolding, ToldHolder } from '../../protocol/lock-holder.js'

/** The locked byte lies far behind the content: on Windows, where locks are mandatory, the holder's name stays readable. */
export const LOCK_OFFSET = 2 ** 30
export const LOCK_LENGTH = 1

/**
 * Returns the holder of a lock on a system that does not name holders. Whether it is held is tested with a shared lock,
 * released at once. Who holds it is what the file's text says, which rules out no other process (`isTold`).
 */
export async function tryForHolder(path: string, told: ToldHolder): Promise<LockHolding> {
  let descriptor: number
  try {
    descriptor = openSync(path, constants.O_RDONLY | CAREFUL)
  } catch (error) {
    throwLack(error)
    return errnoOf(error) === 'ENOENT' ? null : 'unknown'
  }
  try {
    const { default: locks } = await import('fs-native-extensions')
    if (isGranted((offset, length) => locks.tryLock(descriptor, offset, length, { shared: true })))
      return null
    return told === null || told === 'unknown' ? 'unknown' : { ...told, isTold: true }
  } catch {
    return 'unknown'
  } finally {
    closeSync(descriptor)
  }
}

/** macOS cannot lock ranges (EINVAL): try the whole file. Every process does the same, so they still exclude each other. */
function isGranted(tryLock: (offset: number, length: number) => boolean): boolean {
  try {
    return tryLock(LOCK_OFFSET, LOCK_LENGTH)
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error
    return tryLock(0, 0)
  }
}
