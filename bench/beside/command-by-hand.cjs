// @ts-check
'use strict'

/** `node command-by-hand.cjs ROOT`: uses the daemon of the root, and starts one if there is none. Prints its port. */
const fs = require('node:fs')
const { connect } = require('./start-by-hand.cjs')

void connect(process.argv[2] ?? '').then(({ port }) => fs.writeSync(1, `${port}\n`))
