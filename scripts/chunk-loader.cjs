/**
 * The beginning of both entries of the bundle (`bundle-entry.mjs`): `load` runs a chunk, and gives it a `require` that
 * loads further chunks in the same way. It takes what V8 has compiled of a chunk from a file that the build has made, if that
 * was made of exactly this text and for this build of Node. Then V8 need not compile the text,
 * which takes up to a quarter of a command's time.
 */
const fs = require('node:fs')
const { join } = require('node:path')
const { Script } = require('node:vm')

/** What Node writes around a file of CommonJS. It stands in the first line, so that no line number changes. */
const BEGIN = '(function (exports, require, module, __filename, __dirname) { '
const END = '\n})'

const /** @type {Map<string, { exports: any }>} */ parts = new Map()
const compiledHere = directoryOfCompiled()

/**
 * Returns what a chunk exports. Throws like `require` if its file is missing (`MODULE_NOT_FOUND`), empty, cut off or unreadable.
 *
 * @param {string} name of its file
 */
// oxlint-disable-next-line no-unused-vars -- the entry calls it
function load(name) {
  const known = parts.get(name)
  if (known !== undefined) return known.exports
  const file = join(__dirname, name)
  const text = textOf(file)
  const cachedData = compiledOf(name, text)
  const options = { filename: file, columnOffset: -BEGIN.length, cachedData }
  const run = new Script(BEGIN + text.toString() + END, options).runInThisContext()
  const part = { exports: /** @type {any} */ ({}) }
  parts.set(name, part)
  try {
    run.call(part.exports, part.exports, requireIn, part, file, __dirname)
    if (part.exports.isWhole !== true)
      throw Object.assign(new Error(`${file} is empty`), { code: 'MODULE_NOT_FOUND' })
  } catch (error) {
    parts.delete(name)
    throw error
  }
  return part.exports
}

/** @param {string} file */
function textOf(file) {
  try {
    return fs.readFileSync(file)
  } catch (error) {
    const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error)
    if (!['ENOENT', 'ENOTDIR'].includes(code)) throw error
    throw Object.assign(new Error(`Cannot find module '${file}'`), { code: 'MODULE_NOT_FOUND' })
  }
}

/** @param {string} id */
function requireIn(id) {
  return id.startsWith('./') ? load(id.slice(2)) : require(id)
}

/**
 * Returns what V8 has compiled of this text. Its file contains it twice, and then the text: V8 does not check the content, so a
 * file that is damaged, cut off, or beside another text must not reach it. It does check its own version and options.
 *
 * @param {string} name @param {Buffer} text
 */
function compiledOf(name, text) {
  if (compiledHere === null) return undefined
  try {
    const bytes = fs.readFileSync(join(compiledHere, name))
    const length = (bytes.length - text.length) / 2
    const first = bytes.subarray(0, length)
    const isIntact =
      first.equals(bytes.subarray(length, 2 * length)) && text.equals(bytes.subarray(2 * length))
    return isIntact ? first : undefined
  } catch {
    return undefined
  }
}

/**
 * Returns the directory for this build of Node: version, system, processor and the size of its file, because V8 does not
 * notice if Node was built with other options. Null if there is none, or if the coverage of the code is measured: what is
 * compiled already does not count its calls.
 */
function directoryOfCompiled() {
  if (process.env['NODE_V8_COVERAGE']) return null
  try {
    const { size } = fs.statSync(process.execPath)
    const directory = join(
      __dirname,
      'compiled',
      `${process.version}-${process.platform}-${process.arch}-${size}`,
    )
    return fs.existsSync(directory) ? directory : null
  } catch {
    return null
  }
}
