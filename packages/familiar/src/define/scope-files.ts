import { isAbsolute, join } from 'node:path'
import { assertFaithful } from '../act/assert-scope-there.js'
import type { ScopeFiles } from '../family.js'
import { homeDirectory } from './home-directory.js'

/** The directory below the user's home in which programs keep their state, by operating system. */
const BELOW_HOME: Readonly<
  Partial<Record<NodeJS.Platform, readonly string[]>> & { linux: readonly string[] }
> = {
  linux: ['.local', 'state'],
  darwin: ['Library', 'Application Support'],
  win32: ['AppData', 'Local'],
}

/**
 * Returns the directory for the user's state of a tool: `$XDG_STATE_HOME/<name>`, by default `~/.local/state/<name>`; on
 * macOS `~/Library/Application Support/<name>`; on Windows `%LOCALAPPDATA%\<name>`. Throws `E_SCOPE_UNUSABLE` if it
 * cannot be determined, or if its path is not UTF-8.
 */
export function stateDirectory(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  system: NodeJS.Platform = process.platform,
): string {
  const { XDG_STATE_HOME: state, LOCALAPPDATA: local } = env
  const given = state !== undefined && isAbsolute(state) ? state : system === 'win32' ? local : undefined
  if (given !== undefined) {
    assertFaithful(given)
    return join(given, name)
  }
  return join(homeDirectory('HOME or XDG_STATE_HOME'), ...(BELOW_HOME[system] ?? BELOW_HOME.linux), name)
}

/**
 * Returns the paths of a scope's files. They are in the scope, in their own directory unless the scope contains nothing
 * else. They depend on the scope alone. If they also depended on HOME, a program with another HOME would start a daemon
 * for the same scope with another lock. Each of the two daemons would look unrecorded to the other, and end it as stale.
 */
export function scopeFiles(
  scope: string,
  name: string,
  isItsOwn: boolean,
): Omit<ScopeFiles, 'predecessorRecords' | 'sharedOwner'> {
  const at = isItsOwn ? scope : join(scope, `.${name}-daemon`)
  return {
    record: join(at, 'record.json'),
    lifecycleLock: join(at, 'lifecycle.lock'),
    daemonLock: join(at, 'daemon.lock'),
    log: join(at, 'daemon.log'),
  }
}
