import { stat } from 'node:fs/promises'

import { errnoOf } from '../../errors.js'

/**
 * Returns true if the file is proven absent, false if it exists, null if neither is known by the deadline (no permission,
 * a dead network mount). The system call cannot be cancelled: on a dead mount it keeps one thread of the pool busy even
 * after this function has returned.
 */
export async function isFileGone(path: string, deadline: AbortSignal): Promise<boolean | null> {
  if (deadline.aborted) return null
  const answered = new AbortController()
  const expired = new Promise<null>((resolve) => {
    deadline.addEventListener('abort', () => resolve(null), { signal: answered.signal })
  })
  try {
    return await Promise.race([lookFor(path), expired])
  } finally {
    answered.abort()
  }
}

async function lookFor(path: string): Promise<boolean | null> {
  try {
    await stat(path)
    return false
  } catch (error) {
    const errno = errnoOf(error)
    return errno === 'ENOENT' || errno === 'ENOTDIR' ? true : null
  }
}
