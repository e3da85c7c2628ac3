// @ts-check
'use strict'

/**
 * Makes `node -c SCRIPT MARKER...` the forked child of a stand-in: the same command line and the same listening socket,
 * and nothing else. It ends when its standard input does.
 */

process.argv[1] = __filename
process.stdin.resume().once('end', () => process.exit())
