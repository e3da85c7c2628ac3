// @ts-check
import { withLateBuiltIns } from './late-built-ins.mjs'

/** The changes to every chunk of the command that make it load quickly. A test runs each step. */

/**
 * Returns a chunk in CommonJS that does the same and loads faster, without comments.
 *
 * @param {string} code
 */
export function quickChunk(code) {
  return inAscii(withLateBuiltIns(withPlainPaths(withPlainExports(code))))
}

/**
 * Sets the exports of a chunk as plain values after all of its code has run. The bundler writes a getter for each
 * instead, so that two chunks that require each other work; but no two do (`assertNoCircle`). The getters of the core
 * took a tenth of Node's start time.
 *
 * @param {string} code
 */
function withPlainExports(code) {
  return code.replaceAll(
    /^Object\.defineProperty\(exports, "([\w$]+)", \{\n\tenumerable: true,\n\tget: function\(\) \{\n\t\treturn ([\w$]+);\n\t\}\n\}\);$/gm,
    (_, name, value) => {
      // A plain value does not follow later changes of a variable, as a getter would.
      const isVariable = new RegExp(`^let ${value.replaceAll('$', '\\$')}[ ;]`, 'm').test(code)
      if (isVariable) throw new Error(`${value} is exported, and may change`)
      return `exports.${name} = ${value};`
    },
  )
}

/**
 * Throws if chunks require each other in a circle before they have run.
 *
 * @param {readonly { readonly fileName: string, readonly imports: readonly string[] }[]} chunks
 */
export function assertNoCircle(chunks) {
  const left = new Map(chunks.map(({ fileName, imports }) => [fileName, imports]))
  const isFree = (/** @type {string} */ name) => left.get(name)?.every((needed) => !left.has(needed)) === true
  for (let free; (free = [...left.keys()].find(isFree)) !== undefined;) left.delete(free)
  if (left.size > 0)
    throw new Error(`these chunks require each other in a circle: ${[...left.keys()].join(', ')}`)
}

/**
 * Replaces the computation of the path of a file beside the chunk, so that it does not create two URLs.
 *
 * @param {string} code
 */
function withPlainPaths(code) {
  return code.replaceAll(
    /\(0, node_url\.fileURLToPath\)\(new URL\(("\.[^"%]*"), require\("url"\)\.pathToFileURL\(__filename\)\.href\)\)/g,
    'require("node:path").join(__dirname, $1)',
  )
}

/**
 * Escapes every character that is not ASCII. V8 keeps, reads and scans ASCII text as bytes; a single other character
 * doubles the memory and takes several times as long.
 *
 * @param {string} code
 */
function inAscii(code) {
  if (/String\.raw`[^`]*[^\0-\u007f]/.test(code)) throw new Error('String.raw keeps an escape as it is')
  return code.replaceAll(/[^\0-\u007f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
