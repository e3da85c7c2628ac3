// @ts-check
/** What is done to every chunk of the command so that it loads quickly. A test runs each step. */

/** What Node has loaded anyway before a command begins. */
const LOADED = new Set(['node:buffer', 'node:events', 'node:fs', 'node:path', 'node:url', 'node:util'])

/**
 * Returns a chunk, without comments and in CommonJS, that does the same and loads quicker.
 *
 * @param {string} code
 */
export function quickChunk(code) {
  return inAscii(withLateBuiltIns(withPlainPaths(withPlainExports(code))))
}

/**
 * A chunk sets its exports after all of its code has run. The bundler writes a getter for each instead, so that two
 * chunks that require each other work; no two do (`assertNoCircle`). The getters of the core took a tenth of the start of
 * Node.
 *
 * @param {string} code
 */
function withPlainExports(code) {
  return code.replaceAll(
    /^Object\.defineProperty\(exports, "([\w$]+)", \{\n\tenumerable: true,\n\tget: function\(\) \{\n\t\treturn ([\w$]+);\n\t\}\n\}\);$/gm,
    (_, name, value) => {
      // A getter would return the last value of a variable, this only the first.
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
 * Loads `node:net`, `node:crypto` and `node:child_process` where they are used, and not before: most commands use none of
 * them, and each takes a millisecond or two. Unlike a chunk, a module of Node cannot disappear until then.
 *
 * @param {string} code
 */
function withLateBuiltIns(code) {
  const early = [...code.matchAll(/^let (node_\w+) = require\("(node:[\w/]+)"\);$/gm)]
  const late = early.filter(([, , module]) => !LOADED.has(module ?? ''))
  return late.reduce((text, [line, name, module]) => {
    const [before = '', after = ''] = text.split(line)
    // In brackets, so that `new` makes what the module exports.
    const uses = after.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `(${name}())`)
    const load = `let loaded_${name};\nconst ${name} = () => loaded_${name} ??= require("${module}");`
    return `${before}${load}${uses}`
  }, code)
}

/**
 * The path of a file beside the chunk, without two URLs on the way.
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
 * V8 keeps, reads and scans a text of ASCII as bytes; with one character more, it takes twice the memory and several times as
 * long. So every other character is escaped.
 *
 * @param {string} code
 */
function inAscii(code) {
  if (/String\.raw`[^`]*[^\0-\u007f]/.test(code)) throw new Error('String.raw keeps an escape as it is')
  return code.replaceAll(/[^\0-\u007f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
