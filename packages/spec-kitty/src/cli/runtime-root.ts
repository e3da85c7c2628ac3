import { isAbsolute, join } from 'node:path'
import { realPath } from 'familiar'
import type { Io } from './io.js'
import { homeDirectory } from './home.js'
import { UsageError } from './usage.js'

/** Returns the runtime root of this process. */
export function processRoot(): string {
  return runtimeRoot({
    env: process.env,
    get home() {
      return homeDirectory()
    },
  })
}

/**
 * Returns the runtime root, `$SPEC_KITTY_HOME` or `~/.spec-kitty`, as a real path. Reads the environment on each call, so
 * that a change takes effect. Throws `UsageError` when the variable is not an absolute path.
 */
export function runtimeRoot(io: Pick<Io, 'env' | 'home'>): string {
  const set = io.env['SPEC_KITTY_HOME']
  if (set !== undefined && set !== '' && !isAbsolute(set)) {
    throw new UsageError(`SPEC_KITTY_HOME must be an absolute path, not '${set}'`)
  }
  const root = set === undefined || set === '' ? join(io.home, '.spec-kitty') : set
  return realPath(root) ?? root
}
