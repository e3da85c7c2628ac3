import { isAbsolute, join } from 'node:path'
import { homeDirectory, realPath, UsageError, type Io } from 'familiar/cli'

/** Returns the runtime root of this process. */
export function processRoot(): string {
  return runtimeRoot({ env: process.env })
}

/**
 * Returns the runtime root, `$SPEC_KITTY_HOME` or `~/.spec-kitty`, as a real path. Reads the environment on each call, so
 * that a change takes effect. Throws `UsageError` when the variable is not an absolute path, and `E_SCOPE_UNUSABLE` if
 * this user has no home directory.
 */
export function runtimeRoot(io: Pick<Io, 'env'>): string {
  const set = io.env['SPEC_KITTY_HOME']
  if (set !== undefined && set !== '' && !isAbsolute(set)) {
    throw new UsageError(`SPEC_KITTY_HOME must be an absolute path, not '${set}'`)
  }
  const root =
    set === undefined || set === '' ? join(homeDirectory('HOME or SPEC_KITTY_HOME'), '.spec-kitty') : set
  return realPath(root) ?? root
}
