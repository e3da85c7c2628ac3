// @ts-check
/** Required before a command: writes the files that the command has loaded to LOADED_FILE when it ends. */
const { writeFileSync } = require('node:fs')
const { basename } = require('node:path')
const vm = require('node:vm')

/** The chunks of the bundle, which `require.cache` does not list: their entry loads them (scripts/chunk-loader.cjs). */
const /** @type {string[]} */ chunks = []
vm.Script = class extends vm.Script {
  /** @param {string} code @param {vm.ScriptOptions & { filename: string }} options */
  constructor(code, options) {
    super(code, options)
    chunks.push(options.filename)
  }
}

process.on('exit', () => {
  const files = [...Object.keys(require.cache), ...chunks].map((file) => basename(file))
  writeFileSync(process.env['LOADED_FILE'] ?? '', files.join('\n'))
})
