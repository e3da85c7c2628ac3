import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { errnoOf } from '../errors.js'
import { objectOf, parseJson, stringOf } from '../json.js'

/** The entry module of a daemon on disk, and the package that it belongs to. */
export interface Installation {
  readonly entry: string
  /** The nearest package.json above the entry that has a version; null if there is none. */
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
 * Returns whether the installation on disk is gone or has another version than `since`. Null if that is unknown, for
 * example while its package.json is being replaced.
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
