import { closeSync, constants, openSync } from 'node:fs'
import { errnoOf, throwLack } from '../../errors.js'
import { CAREFUL } from '../small-file.js'
import type { LockHolding, ToldHolder } from '../../protocol/lock-holder.js'
import type { NativeLocks } from './native-locks.js'

/** The locked byte is far beyond the content, because on Windows a locked byte of a file cannot be read. */
export const LOCK_OFFSET = 2 ** 30
export const LOCK_LENGTH = 1

/**
 * Returns the holder of a lock on a system whose kernel does not name holders; null if the lock is free. To find out,
 * takes a shared lock and releases it at once. If the lock is held, returns the holder that the text of the file names,
 * with `isTold`, because the text may be wrong; `unknown` if the text names none, or if the lock cannot be tested. `load`
 * loads the lock library; it is called only if the file exists.
 */
export function tryForHolder(path: string, told: ToldHolder, load: () => NativeLocks): LockHolding {
  let descriptor: number
  try {
    descriptor = openSync(path, constants.O_RDONLY | CAREFUL)
  } catch (error) {
    throwLack(error)
    return errnoOf(error) === 'ENOENT' ? null : 'unknown'
  }
  try {
    const locks = load()
    if (isGranted((offset, length) => locks.tryLock(descriptor, offset, length, { shared: true })))
      return null
    return told === null || told === 'unknown' ? 'unknown' : { ...told, isTold: true }
  } catch {
    return 'unknown'
  } finally {
    closeSync(descriptor)
  }
}

/** macOS cannot lock ranges (EINVAL), so try the whole file. Every process does the same, so they still exclude each other. */
function isGranted(tryLock: (offset: number, length: number) => boolean): boolean {
  try {
    return tryLock(LOCK_OFFSET, LOCK_LENGTH)
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error
    return tryLock(0, 0)
  }
}
