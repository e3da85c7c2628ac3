// @ts-check

/** The modules that Node has already loaded before a command begins. */
const LOADED = new Set(['node:buffer', 'node:events', 'node:fs', 'node:path', 'node:url', 'node:util'])

/**
 * Makes `node:net`, `node:crypto` and `node:child_process` load only where they are used: most commands use none of them,
 * and each takes a millisecond or two. Unlike a chunk, a module of Node cannot disappear in the meantime.
 *
 * @param {string} code
 */
export function withLateBuiltIns(code) {
  const early = [...code.matchAll(/^let (node_\w+) = require\("(node:[\w/]+)"\);$/gm)]
  const late = early.filter(([, , module]) => !LOADED.has(module ?? ''))
  return late.reduce((text, [line, name, module]) => {
    const [before = '', after = ''] = text.split(line)
    // The brackets are needed so that `new` creates the export of the module.
    const uses = after.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `(${name}())`)
    const load = `let loaded_${name};\nconst ${name} = () => loaded_${name} ??= require("${module}");`
    return `${before}${load}${uses}`
  }, code)
}
