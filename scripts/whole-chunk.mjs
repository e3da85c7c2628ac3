// @ts-check
/**
 * What is done to every file of the bundle so that one that is written only in part is never run: no beginning of its text
 * compiles, at whichever byte it ends, because all of it stands in brackets. Only the empty text does, and whoever loads that
 * sees that it does not say of itself that it is whole. So a command whose installation is not complete ends with that word
 * (`E_INSTALLATION_CHANGED`), and not in the middle with one about `undefined`.
 */

const OTHERS = /\brequire\(("\.\/[^"]+\.js")\)/g

/** Throws what Node throws for a file that does not exist. */
const CHECK =
  'const $whole = (part) => { if (part.isWhole) return part; throw Object.assign(new Error("a file of this installation is empty"), { code: "MODULE_NOT_FOUND" }); };\n'

/**
 * Returns the chunk, in CommonJS, with a check that every chunk that it requires is complete. No two chunks may require
 * each other: each is loaded completely before it is used.
 *
 * @param {string} code
 */
export function wholeChunk(code) {
  if (/\$whole\b|\bexports\.isWhole\b/.test(code)) throw new Error('a chunk has a name that is taken')
  const checked = code.replaceAll(OTHERS, '$$whole(require($1))')
  return `[(() => {\nexports.isWhole = true;\n${checked === code ? '' : CHECK}${checked}\n})()];\n`
}
