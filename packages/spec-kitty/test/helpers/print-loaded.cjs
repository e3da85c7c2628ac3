// @ts-check
/** Required before a command: writes the files that the command has loaded to LOADED_FILE when it ends. */
const { writeFileSync } = require('node:fs')
const { basename } = require('node:path')

process.on('exit', () => {
  const files = Object.keys(require.cache).map((file) => basename(file))
  writeFileSync(process.env['LOADED_FILE'] ?? '', files.join('\n'))
})
