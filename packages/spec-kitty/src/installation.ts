import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DaemonOptions } from 'familiar'
import { BUILD_TIME, PROTOCOL_VERSION, VERSION } from './version.js'

/**
 * The file that runs as a daemon. The path is built here, because this module is in the top directory of `dist`, and in
 * the bundle every module is in the bundle's only directory: the relative path is right in both.
 */
const DAEMON_ENTRY = fileURLToPath(new URL('./spec-kitty-daemon.js', import.meta.url))

/** The directory of this package on disk. */
export const INSTALLATION = dirname(fileURLToPath(new URL('../package.json', import.meta.url)))

/**
 * The environment variable that makes a daemon report another version. Only the daemon's entry file reads it, and no
 * command passes it on to a daemon.
 */
export const VERSION_VARIABLE = 'SPEC_KITTY_CLI_VERSION'

/** What the daemons of this tool have in common: the installation that they belong to. */
export const INSTALLED = {
  entry: DAEMON_ENTRY,
  version: VERSION,
  protocol: PROTOCOL_VERSION,
  buildTime: BUILD_TIME,
} satisfies Partial<DaemonOptions>

/** A daemon inherits everything but the variable that fakes its version. */
export const ENVIRONMENT: readonly string[] = ['*', `!${VERSION_VARIABLE}`]
