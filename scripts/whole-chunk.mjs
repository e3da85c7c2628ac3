// @ts-check
/**
 * Rewrites every file of the bundle so that a partially written file never runs. The whole text is in brackets, so a file
 * that is cut off at any byte does not compile, unless it is empty. The code that loads a file therefore also checks that
 * the file declares itself complete. So a command of an incomplete installation ends at once with
 * `E_INSTALLATION_CHANGED`, and not later with an error about `undefined`.
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
