import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { assertFaithful } from '../act/scope-checks.js'
import { FamiliarError } from '../errors.js'
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

/** Entries that make a directory the root of a project. */
const PROJECT_MARKERS = ['package.json', '.git'] as const

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

/** Returns the nearest directory with a package.json or .git: the given one, or one above it. */
export function projectRoot(from: string = workingDirectory()): string {
  for (let at = from; ; at = dirname(at)) {
    if (PROJECT_MARKERS.some((name) => existsSync(join(at, name)))) return at
    if (dirname(at) === at) break
  }
  throw new FamiliarError('E_SCOPE_UNUSABLE', `${from} is not in a project (no package.json, no .git)`, {
    hint: 'run the command in a project',
  })
}

function workingDirectory(): string {
  const path = currentDirectory()
  assertFaithful(path)
  return path
}

function currentDirectory(): string {
  try {
    return process.cwd()
  } catch (cause) {
    throw new FamiliarError('E_SCOPE_UNUSABLE', 'the working directory no longer exists', {
      hint: 'change into a directory that exists',
      cause,
    })
  }
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
