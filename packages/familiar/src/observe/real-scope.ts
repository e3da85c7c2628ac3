import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { FamiliarError, throwLack } from '../errors.js'
import { fileId } from '../identity/file-id.js'
import { fileNameOf } from '../identity/path-text.js'
import { realPath } from './peek.js'

/**
 * Returns the real path of a scope; the path itself if it has none. Throws `E_SCOPE_UNUSABLE` if the real path leads to
 * another place: the system tells the links below `/proc/PID/root` and `/proc/PID/cwd` as paths of that process, and a
 * command would then act on the directory that has this path here.
 */
export function realScope(path: string): string {
  const real = realPath(path) ?? path
  if (real === path || isSamePlace(resolve(path), real)) return real
  throw new FamiliarError('E_SCOPE_UNUSABLE', `${path} is not ${real} here, as which the system names it`, {
    hint: 'run the command where that directory has this path, for example in its container',
  })
}

/** Compares the nearest directories that exist, because a scope may not exist yet. */
function isSamePlace(one: string, other: string): boolean {
  const [here, there] = [identityOf(one), identityOf(other)]
  const isAbove = dirname(one) === one || dirname(other) === other
  if (here === null && there === null) return isAbove || isSamePlace(dirname(one), dirname(other))
  return here === there
}

function identityOf(path: string): string | null {
  try {
    return fileId(statSync(fileNameOf(path), { bigint: true }))
  } catch (error) {
    throwLack(error)
    return null
  }
}
