import { closeSync, constants, openSync } from 'node:fs'
import { errnoOf, throwLack } from '../../errors.js'
import { CAREFUL } from '../peek.js'
import type { ToldHolder } from '../../identity/lock-holder.js'
import type { LockHolding } from '../../identity/sighting.js'

/** The locked byte lies far behind the content, so that on Windows, where locks are mandatory, the holder stays readable. */
export const LOCK_OFFSET = 2 ** 30
export const LOCK_LENGTH = 1

/**
 * Returns who holds the lock where the system does not tell: whether it is held is tried, by a shared lock that is let go
 * at once; who holds it is what the text of the file says, which clears nobody else (`isTold`).
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

/** macOS locks whole files only, and says EINVAL to a range. */
function isGranted(tryLock: (offset: number, length: number) => boolean): boolean {
  try {
    return tryLock(LOCK_OFFSET, LOCK_LENGTH)
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error
    return tryLock(0, 0)
  }
}
