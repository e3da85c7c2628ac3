// @ts-check
/**
 * What is done to every file of the bundle so that one that is written only in part is never run: no beginning of its text
 * compiles, at whichever byte it ends, because all of it stands in brackets. Only the empty text does, and whoever loads that
 * sees that it does not say of itself that it is whole. So a command whose installation is not complete ends with that word
 * (`E_INSTALLATION_CHANGED`), and not in the middle with one about `undefined`.
 */

const OTHERS = /\brequire\(("\.\/[^"]+\.js")\)/g

/** Says the same as Node does of a file that is not there. */
const CHECK =
  'const $whole = (part) => { if (part.isWhole) return part; throw Object.assign(new Error("a file of this installation is empty"), { code: "MODULE_NOT_FOUND" }); };\n'

/**
 * Returns a chunk in CommonJS that does the same. None may load each other in a circle: each is loaded whole before it is used.
 *
 * @param {string} code
 */
export function wholeChunk(code) {
  if (/\$whole\b|\bexports\.isWhole\b/.test(code)) throw new Error('a chunk has a name that is taken')
  const checked = code.replaceAll(OTHERS, '$$whole(require($1))')
  return `[(() => {\nexports.isWhole = true;\n${checked === code ? '' : CHECK}${checked}\n})()];\n`
}
