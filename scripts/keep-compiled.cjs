// @ts-check
/**
 * Keeps what V8 has compiled of every chunk that this process loads, including the functions that it has called, when it
 * ends. Required by the entries of the bundle while it is built, and never afterwards (`compile-chunks.mjs`).
 */
const { mkdirSync, readFileSync, statSync, writeFileSync } = require('node:fs')
const { basename, dirname, join } = require('node:path')
const vm = require('node:vm')

const /** @type {{ script: vm.Script, file: string }[]} */ loaded = []

vm.Script = class extends vm.Script {
  /** @param {string} code @param {vm.ScriptOptions & { filename: string }} options */
  constructor(code, options) {
    super(code, options)
    loaded.push({ script: this, file: options.filename })
  }
}

process.on('exit', () => {
  for (const { script, file } of loaded) {
    const directory = compiledBeside(file)
    mkdirSync(directory, { recursive: true })
    const compiled = script.createCachedData()
    // Twice, and the text that it was made of: see `compiledOf` in chunk-loader.cjs.
    writeFileSync(join(directory, basename(file)), Buffer.concat([compiled, compiled, readFileSync(file)]))
  }
})

/** @param {string} file */
function compiledBeside(file) {
  const { size } = statSync(process.execPath)
  return join(dirname(file), 'compiled', `${process.version}-${process.platform}-${process.arch}-${size}`)
}
