import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../errors.js'

/**
 * Where the scope's directory is, for the daemon whose working directory it has been since its start. `here`: the path
 * leads to that very directory. `absent`: proven gone from its path. `unknown`: anything else, an unmounted file
 * system above all.
 */
export type ScopeState = 'here' | 'absent' | 'unknown'

/** Returns a function that tells the state of the scope. Call it once, when the process has changed there. */
export function watchScope(scope: string): () => ScopeState {
  const parent = identityOf(dirname(scope))
  return () => {
    if (isWorkingDirectoryDeleted()) return 'absent'
    const found = identityOf(scope)
    if (typeof found === 'object') return isSame(found, identityOf('.')) ? 'here' : 'unknown'
    return found === 'ENOENT' && isSame(parent, identityOf(dirname(scope))) ? 'absent' : 'unknown'
  }
}

interface Identity {
  readonly dev: number
  readonly ino: number
}

function identityOf(path: string): Identity | string | null {
  try {
    const { dev, ino } = statSync(path)
    return { dev, ino }
  } catch (error) {
    return errnoOf(error)
  }
}

function isSame(one: Identity | string | null, other: Identity | string | null): boolean {
  if (one === null || other === null || typeof one === 'string' || typeof other === 'string') return false
  return one.dev === other.dev && one.ino === other.ino
}

/** A directory that was removed while somebody stood in it has no name left. (`process.cwd()` only remembers its first answer.) */
function isWorkingDirectoryDeleted(): boolean {
  try {
    return statSync('.').nlink === 0
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
  }
}
