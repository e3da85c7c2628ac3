import { closeSync, fstatSync, lstatSync, openSync, type Stats } from 'node:fs'
import { CAREFUL } from '../observe/peek.js'

/**
 * Opens a file that others could have put something else in the place of: never waits, never follows a link, and never
 * opens a device. Returns the descriptor of a regular file of this user or root; throws the error of the system, or one
 * that says what stands there.
 */
export function openRegular(path: string, flags: number): number {
  const found = lstatSync(path, { throwIfNoEntry: false })
  // A link and a directory are left to the system, which refuses them with an error of its own.
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
