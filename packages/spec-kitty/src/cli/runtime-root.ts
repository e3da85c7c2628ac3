import { statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { FamiliarError } from 'familiar'
import { assertFaithful, homeDirectory, realPath, realScope, type Io } from 'familiar/cli'

/** Returns the runtime root of this process. Throws like `runtimeRoot`, but does not check whether it is a directory. */
export function processRoot(): string {
  return rootIn(process.env)
}

/**
 * Returns the runtime root, `$SPEC_KITTY_HOME` or `~/.spec-kitty`, as a real path. Reads the environment on each call, so
 * that a change takes effect. Throws `E_SCOPE_UNUSABLE` if the variable is not an absolute path (an empty one is not
 * accepted either, because a script that forgot to set it must not act on the default root), if it is not set and `HOME`
 * names no directory, if the root exists but is not a directory, or if its path is not UTF-8.
 */
export function runtimeRoot(io: Pick<Io, 'env'>): string {
  const root = rootIn(io.env)
  assertNothingElse(root)
  return root
}

function rootIn(env: Io['env']): string {
  const set = env['SPEC_KITTY_HOME']
  if (set !== undefined && !isAbsolute(set)) {
    const what = set === '' ? 'it is empty' : `not '${set}'`
    throw new FamiliarError('E_SCOPE_UNUSABLE', `SPEC_KITTY_HOME must be an absolute path, ${what}`, {
      hint: 'set it to an absolute path, or unset it',
    })
  }
  const root = set ?? join(homeDirectory('HOME or SPEC_KITTY_HOME'), '.spec-kitty')
  const real = realScope(root)
  assertFaithful(real)
  return real
}

/** Returns the home of this user that is used if SPEC_KITTY_HOME names no other, as a real path; null if there is none. */
export function usualHome(): string | null {
  try {
    return realPath(join(homeDirectory('HOME'), '.spec-kitty'))
  } catch {
    return null
  }
}

/** Other errors are left to the code that uses the root: it may not exist yet, or not be visible to this user. */
const NO_DIRECTORY: Readonly<Record<string, string>> = {
  ENOTDIR: 'a part of its path is not a directory',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its path is too long',
}

function assertNothingElse(root: string): void {
  try {
    if (statSync(root).isDirectory()) return
  } catch (error) {
    const why = NO_DIRECTORY[(error as NodeJS.ErrnoException).code ?? '']
    if (why === undefined) return
    throw noDirectory(root, why)
  }
  throw noDirectory(root, 'it is not a directory')
}

function noDirectory(root: string, why: string): FamiliarError {
  return new FamiliarError('E_SCOPE_UNUSABLE', `${root} cannot be the home of spec-kitty: ${why}`, {
    hint: 'set SPEC_KITTY_HOME to a directory, or to a path where one can be made',
  })
}
