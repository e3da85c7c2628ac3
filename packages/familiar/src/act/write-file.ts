import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'

/**
 * Writes all of the content, at `position` or else at the descriptor's current offset. A single `write` may take only part
 * of it (a full disk, a file size limit); the next one then fails with the reason. Throws the system's error.
 */
export function writeWhole(descriptor: number, content: string | Uint8Array, position?: number): void {
  const bytes = Buffer.from(content as string)
  for (let done = 0; done < bytes.length;) {
    const at = position === undefined ? null : position + done
    const written = writeSync(descriptor, bytes, done, bytes.length - done, at)
    if (written === 0) throw Object.assign(new Error('nothing was written'), { code: 'EIO' })
    done += written
  }
}

/**
 * Creates a file that must not exist yet (0600 from its first byte), and syncs its content to disk before returning. On
 * failure, throws the system's error and leaves no file of its own.
 */
export function writeNewFile(path: string, content: string | Uint8Array): void {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    try {
      writeWhole(descriptor, content)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    removeLeftover(path)
    throw error
  }
}

/** Removes what a failed write has left. Ignores its own errors: the one of the write says more. */
export function removeLeftover(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // For example, a part of the path is not a directory.
  }
}
