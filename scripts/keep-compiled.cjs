// @ts-check
/**
 * Keeps what V8 has compiled of every chunk that this process loads, including the functions that it has called, when it
 * ends. Required by the entries of the bundle while it is built, and never afterwards (`compile-chunks.mjs`).
 */
const { mkdirSync, statSync, writeFileSync } = require('node:fs')
const { basename, dirname, join } = require('node:path')
const v8 = require('node:v8')
const vm = require('node:vm')

const /** @type {{ script: vm.Script, file: string, text: string }[]} */ loaded = []

/** What the loader writes after the text of a chunk, in characters. */
const AFTER = '\n})'.length

vm.Script = class extends vm.Script {
  /** @param {string} code @param {vm.ScriptOptions & { filename: string, columnOffset: number }} options */
  constructor(code, options) {
    // The name is a part of the compiled form: the path of the machine that builds must not be. V8 keeps the end of a text as a
    // part of the whole text, and would write that, so this is a text of its own.
    const name = Buffer.from(basename(options.filename)).toString()
    super(code, { ...options, filename: name })
    loaded.push({ script: this, file: options.filename, text: code.slice(-options.columnOffset, -AFTER) })
  }
}

// A daemon sets options of V8 when it is ready. V8 takes a compiled form only under the options under which it was made.
v8.setFlagsFromString = () => undefined

process.on('exit', () => {
  for (const { script, file, text } of loaded) {
    const directory = compiledBeside(file)
    mkdirSync(directory, { recursive: true })
    const compiled = script.createCachedData()
    // Twice, and the text that it was made of, which may have changed in the file: see `compiledOf` in chunk-loader.cjs.
    writeFileSync(join(directory, basename(file)), Buffer.concat([compiled, compiled, Buffer.from(text)]))
  }
})

/** @param {string} file */
function compiledBeside(file) {
  const { size } = statSync(process.execPath)
  return join(dirname(file), 'compiled', `${process.version}-${process.platform}-${process.arch}-${size}`)
}
