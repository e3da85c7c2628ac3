import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { objectOf, parseJson, type Self } from 'familiar'
import { BUILD_TIME, PROTOCOL_VERSION, VERSION } from './version.js'

const PACKAGE_FILE = fileURLToPath(new URL('../package.json', import.meta.url))

/**
 * The file that runs as a daemon. The path is built here, because this module is in the top directory of `dist`, and in
 * the bundle every module is in the bundle's only directory: the relative path is right in both.
 */
export const DAEMON_ENTRY = fileURLToPath(new URL('./spec-kitty-daemon.js', import.meta.url))

/** The directory of this package on disk. */
export const INSTALLATION = dirname(PACKAGE_FILE)

/**
 * The environment variable that makes a daemon report another version. Only the daemon's entry file reads it, and no
 * command passes it on to a daemon.
 */
export const VERSION_VARIABLE = 'SPEC_KITTY_CLI_VERSION'

/** Returns the description of this installation that running daemons are compared with. */
export function installedSelf(executable: string): Self {
  return {
    lineage: 'own',
    protocolVersion: PROTOCOL_VERSION,
    packageVersion: VERSION,
    buildTime: BUILD_TIME,
    executable,
  }
}

/**
 * Returns whether the package on disk has another version than the running code, or is gone. Null if this is not known,
 * for example while package.json is being replaced and is not JSON yet.
 */
export function isInstallationChanged(): boolean | null {
  try {
    const found = objectOf(parseJson(readFileSync(PACKAGE_FILE, 'utf8')))?.['version']
    return typeof found === 'string' ? found !== VERSION : null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? true : null
  }
}
