import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../errors.js'

/**
 * The state of the scope's directory, which has been the daemon's working directory since its start. `here`: the path still
 * leads to that same directory. `absent`: it is proven gone from its path. `unknown`: anything else, above all an unmounted
 * file system.
 */
export type ScopeState = 'here' | 'absent' | 'unknown'

/** Returns a function that returns the state of the scope. Call this once, after the process has changed into the scope. */
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

/** A deleted working directory has no link left. (`process.cwd()` is cached, and would not notice.) */
function isWorkingDirectoryDeleted(): boolean {
  try {
    return statSync('.').nlink === 0
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
  }
}
