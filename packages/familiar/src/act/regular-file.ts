import { closeSync, fstatSync, lstatSync, openSync, type Stats } from 'node:fs'
import { CAREFUL } from '../observe/peek.js'

/**
 * Opens a file that others could have replaced by something else: never waits, never follows a symlink, and opens no device.
 * Returns the file descriptor of a regular file of this user or root; throws the system's error, or one that says what is
 * at the path.
 */
export function openRegular(path: string, flags: number): number {
  const found = lstatSync(path, { throwIfNoEntry: false })
  // Leave a symlink or directory to `open`, whose errno says more; what it lets through is checked below.
  if (found?.isSymbolicLink() === false && !found.isDirectory()) assertRegular(found)
  const descriptor = openSync(path, flags | CAREFUL, 0o600)
  try {
    assertRegular(fstatSync(descriptor))
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

function assertRegular(found: Stats): void {
  if (!found.isFile()) throw new Error('it is not a regular file')
  const uid = process.geteuid?.()
  if (uid !== undefined && found.uid !== uid && found.uid !== 0)
    throw new Error(`it belongs to uid ${found.uid}`)
}
