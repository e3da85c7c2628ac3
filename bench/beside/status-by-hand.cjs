// @ts-check
'use strict'

/**
 * `node status-by-hand.cjs RECORD`: the least that a command must do to show the state of a daemon: reads the record,
 * asks the daemon and checks its proof.
 */
const fs = require('node:fs')
const { prove, readRecord } = require('./by-hand.cjs')

const record = readRecord(process.argv[2] ?? '')
if (record?.state === 'running') {
  prove(record, (isProven, socket) => {
    socket.destroy()
    fs.writeSync(1, isProven ? 'running\n' : 'impostor\n')
  })
} else fs.writeSync(1, 'none\n')
