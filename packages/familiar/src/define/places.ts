import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { errnoOf, FamiliarError } from '../errors.js'
import type { ScopeFiles } from '../family.js'
import { objectOf, parseJson, stringOf } from '../json.js'
import { homeDirectory } from './home.js'

/** Where programs keep their state in the user's home, by operating system. */
const BELOW_HOME: Readonly<
  Partial<Record<NodeJS.Platform, readonly string[]>> & { linux: readonly string[] }
> = {
  linux: ['.local', 'state'],
  darwin: ['Library', 'Application Support'],
  win32: ['AppData', 'Local'],
}

/** What makes a directory the root of a project. */
const PROJECT_MARKERS = ['package.json', '.git'] as const

/**
 * Returns the directory for the user's state of a tool: `$XDG_STATE_HOME/<name>`, by default `~/.local/state/<name>`, on
 * macOS `~/Library/Application Support/<name>`, on Windows `%LOCALAPPDATA%\<name>`.
 */
export function stateDirectory(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  system: NodeJS.Platform = process.platform,
): string {
  const { XDG_STATE_HOME: state, LOCALAPPDATA: local } = env
  if (state !== undefined && isAbsolute(state)) return join(state, name)
  if (system === 'win32' && local !== undefined) return join(local, name)
  return join(homeDirectory('HOME or XDG_STATE_HOME'), ...(BELOW_HOME[system] ?? BELOW_HOME.linux), name)
}

/** Returns the nearest directory with a package.json or .git, this one or above. */
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
 * Returns where the files of a scope are: in it, and in a directory of their own unless the scope is the daemon's alone. They
 * follow from the scope and from nothing else. If they followed from HOME too, a daemon that a program with another HOME
 * started for the same scope would have another lock and look unrecorded, and each would end the other as a stale one.
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

/** The entry of a daemon on disk, and the package that it belongs to. */
export interface Installation {
  readonly entry: string
  /** The nearest package.json with a version above the entry, and its directory; null if there is none. */
  readonly packageFile: string | null
  readonly directory: string
  readonly version: string | null
}

/** Returns the installation of the entry, with the version that its package has now. */
export function installationOf(entry: string): Installation {
  for (let at = dirname(entry); ; at = dirname(at)) {
    const packageFile = join(at, 'package.json')
    const version = versionIn(packageFile)
    if (version !== null) return { entry, packageFile, directory: at, version }
    if (dirname(at) === at) return { entry, packageFile: null, directory: dirname(entry), version: null }
  }
}

function versionIn(packageFile: string): string | null {
  try {
    return stringOf(objectOf(parseJson(readFileSync(packageFile, 'utf8')))?.['version'])
  } catch {
    return null
  }
}

/**
 * Returns whether the installation on disk is gone or of another version than `since`. Null if that is not known, as
 * while its package.json is being replaced.
 */
export function isChanged({ packageFile, entry }: Installation, since: string | null): boolean | null {
  try {
    if (packageFile === null || since === null) return !existsSync(entry)
    const found = stringOf(objectOf(parseJson(readFileSync(packageFile, 'utf8')))?.['version'])
    return found === null ? null : found !== since
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? true : null
  }
}

/** Returns the file that this process runs; null in `node -e` and the REPL. */
export function runningFile(): string | null {
  const file = process.argv[1]
  if (file === undefined) return null
  try {
    return realpathSync(resolve(file))
  } catch {
    return null
  }
}
