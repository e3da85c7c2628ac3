import { dirname } from 'node:path'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import { LOCK_LENGTH, LOCK_OFFSET } from '../observe/platform/try-for-holder.js'
import { loadTryLock } from './load-lock-library.js'

/** How often a lock call is tried: on a remote file system, a signal may interrupt (EINTR) even a non-blocking call. */
const INTERRUPTED_AT_MOST = 10

/** Tries the kernel lock once. False only if another process holds it. Throws `E_LOCK_UNSUPPORTED`, `E_LOCK_UNAVAILABLE` or `E_RESOURCES`. */
export function lockDescriptor(descriptor: number, path: string): boolean {
  const tryLock = loadTryLock(path)
  try {
    return lockRange((offset, length) => tryLock(descriptor, offset, length))
  } catch (error) {
    throw unsupported(path, error)
  }
}

/**
 * Tries to lock the range. Returns false only if another process holds the lock (EAGAIN, or EACCES and EBUSY on other
 * systems) and throws for every other error, so that an error never counts as busy or free.
 *
 * macOS cannot lock ranges (EINVAL): there, every process locks the whole file instead, so they still exclude each other.
 */
function lockRange(tryLock: (offset: number, length: number) => boolean): boolean {
  for (let attempt = 1; ; attempt++) {
    try {
      return tryLock(LOCK_OFFSET, LOCK_LENGTH)
    } catch (error) {
      if (errnoOf(error) === 'EINVAL') return tryLock(0, 0)
      if (errnoOf(error) !== 'EINTR' || attempt === INTERRUPTED_AT_MOST) throw error
    }
  }
}

function unsupported(path: string, error: unknown): FamiliarError {
  throwLack(error)
  const why = errnoOf(error) ?? String(error)
  const hint = `put ${dirname(path)} on a file system with locks${why === 'ENOLCK' ? ', or with locks left' : ''}`
  return new FamiliarError('E_LOCK_UNSUPPORTED', `cannot lock ${path}: ${why}`, { hint, cause: error })
}
