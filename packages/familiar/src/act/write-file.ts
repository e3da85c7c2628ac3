import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'

/**
 * Writes all of the content, from `position` on or, without one, where the descriptor stands. One `write` may take only a
 * part of it (a full disk, a limit of file sizes); the next one then says why. Throws the system's error.
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
 * Makes a file that was not there (0600 from its first byte) with this content, on the disk before this returns. When that
 * fails, no file is left, and the system's error is thrown.
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

/** Removes what a failed write has left. What failed then says more than why this cannot be removed. */
export function removeLeftover(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // For example, a part of the path is no directory.
  }
}
