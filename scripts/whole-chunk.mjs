// @ts-check
/**
 * Rewrites every file of the bundle so that a partially written file never runs. The whole text is in brackets, so a file
 * that is cut off at any byte does not compile, unless it is empty. The code that loads a file (`chunk-loader.cjs`) therefore
 * also checks that the file declares itself complete. So a command of an incomplete installation ends at once with
 * `E_INSTALLATION_CHANGED`, and not later with an error about `undefined`.
 */

/**
 * Returns the chunk, in CommonJS, with the mark that it is complete.
 *
 * @param {string} code
 */
export function wholeChunk(code) {
  if (/(?<![.\w])exports\.isWhole\b/.test(code)) throw new Error('a chunk has a name that is taken')
  return `[(() => {\nexports.isWhole = true;\n${code}\n})()];\n`
}
