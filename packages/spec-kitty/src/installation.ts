import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DaemonOptions } from 'familiar'
import { BUILD_TIME, PROTOCOL_VERSION, VERSION } from './version.js'

/**
 * The file that runs as a daemon. Its path is computed in this module, because the relative path is correct in both
 * places where the module may be: in the top directory of `dist`, and in the only directory of the bundle.
 */
const DAEMON_ENTRY = fileURLToPath(new URL('./spec-kitty-daemon.js', import.meta.url))

/** The directory of this package on disk. */
export const INSTALLATION = dirname(fileURLToPath(new URL('../package.json', import.meta.url)))

/**
 * The environment variable that makes a daemon report another version. Only the daemon's entry file reads it, and no
 * command passes it on to a daemon.
 */
export const VERSION_VARIABLE = 'SPEC_KITTY_CLI_VERSION'

/** The options that all daemons of this tool share: the installation that they belong to. */
export const INSTALLED = {
  entry: DAEMON_ENTRY,
  version: VERSION,
  protocol: PROTOCOL_VERSION,
  buildTime: BUILD_TIME,
} satisfies Partial<DaemonOptions>

/** A daemon inherits every variable except the one that fakes its version. */
export const ENVIRONMENT: readonly string[] = ['*', `!${VERSION_VARIABLE}`]
