// @ts-check
/**
 * The changes to every file of the bundle that make sure that a partially written file is never run. The whole text
 * stands in brackets, so a file that ends early does not compile, at whichever byte it ends. Only an empty file does, and
 * the code that loads a file checks that the file declares itself complete. So an incomplete installation ends a command
 * with that message (`E_INSTALLATION_CHANGED`) at once, and not later with one about `undefined`.
 */

const OTHERS = /\brequire\(("\.\/[^"]+\.js")\)/g

/** Throws the same error as Node does for a file that does not exist. */
const CHECK =
  'const $whole = (part) => { if (part.isWhole) return part; throw Object.assign(new Error("a file of this installation is empty"), { code: "MODULE_NOT_FOUND" }); };\n'

/**
 * Returns the chunk, in CommonJS, with a check that every chunk that it requires is complete. No two chunks may require
 * each other, because each is loaded completely before it is used.
 *
 * @param {string} code
 */
export function wholeChunk(code) {
  if (/\$whole\b|\bexports\.isWhole\b/.test(code)) throw new Error('a chunk has a name that is taken')
  const checked = code.replaceAll(OTHERS, '$$whole(require($1))')
  return `[(() => {\nexports.isWhole = true;\n${checked === code ? '' : CHECK}${checked}\n})()];\n`
}
