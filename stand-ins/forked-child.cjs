// @ts-check
'use strict'

/**
 * Turns `node -c SCRIPT MARKER...` into the forked child of a stand-in: it has the same command line and listening socket,
 * and does nothing. It exits when its stdin ends.
 */

process.argv[1] = __filename
process.stdin.resume().once('end', () => process.exit())
