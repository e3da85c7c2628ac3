// @ts-check
'use strict'

/**
 * Turns `node -c SCRIPT MARKER...` into the forked child of a stand-in: it has the same command line and listening socket,
 * and does nothing. With `STAND_IN_FORK_PORT` it also listens there, and answers nobody. It exits when its stdin ends.
 */

const { createServer } = require('node:net')

process.argv[1] = __filename
process.stdin.resume().once('end', () => process.exit())
const port = Number(process.env['STAND_IN_FORK_PORT'] ?? 0)
if (port > 0) createServer().listen(port, '127.0.0.1')
