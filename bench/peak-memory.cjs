// @ts-check
'use strict'

/**
 * Loaded with `--require`: writes the most memory that this process ever had, in KiB, to descriptor 3 when it exits.
 * Not `resourceUsage().maxRSS`: that begins with what the process that forked us had.
 */

const fs = require('node:fs')

process.on('exit', () => {
  const peak = /^VmHWM:\s*(\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1]
  fs.writeSync(3, peak ?? '')
})
