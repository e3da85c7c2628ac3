import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { objectOf, parseJson, type Self } from 'familiar'
import { BUILD_TIME, PROTOCOL_VERSION, VERSION } from './version.js'

const PACKAGE_FILE = fileURLToPath(new URL('../package.json', import.meta.url))

/** The directory of this package on disk. */
export const INSTALLATION = dirname(PACKAGE_FILE)

/** The variable that makes a daemon entry report another version. No command reads it, and none passes it on. */
export const VERSION_VARIABLE = 'SPEC_KITTY_CLI_VERSION'

/** Returns this installation, to be compared with the daemons that run. */
export function installedSelf(executable: string): Self {
  return {
    lineage: 'own',
    protocolVersion: PROTOCOL_VERSION,
    packageVersion: VERSION,
    buildTime: BUILD_TIME,
    executable,
  }
}

/** The package on disk against the code that runs. A file that is just being replaced (no JSON yet) tells nothing. */
export function isInstallationChanged(): boolean | null {
  try {
    const found = objectOf(parseJson(readFileSync(PACKAGE_FILE, 'utf8')))?.['version']
    return typeof found === 'string' ? found !== VERSION : null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? true : null
  }
}
