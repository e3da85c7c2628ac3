// @ts-check
/**
 * How long the longest of the live files take, in seconds, each alone on two cores. It only balances the rows of `npm test`: a
 * number that is wrong costs time, and a file without one counts as `OTHERS`.
 *
 * @type {Readonly<Record<string, number>>}
 */
const SECONDS = {}
const OTHERS = 8

/**
 * Deals the files to that many rows so that the rows take about equally long: the longest first, each to the row with the
 * least to do.
 *
 * @param {readonly string[]} files Paths whose last part is the name of a file.
 * @param {number} count
 * @returns {readonly (readonly string[])[]}
 */
export function rowsOf(files, count) {
  const rows = Array.from({ length: count }, () => ({ seconds: 0, /** @type {string[]} */ files: [] }))
  for (const file of files.toSorted((a, b) => secondsOf(b) - secondsOf(a))) {
    const row = rows.reduce((least, one) => (one.seconds < least.seconds ? one : least))
    row.files.push(file)
    row.seconds += secondsOf(file)
  }
  return rows.map((row) => row.files)
}

/** @param {string} file */
function secondsOf(file) {
  return SECONDS[file.replace(/^.*\//, '').replace('.test.ts', '')] ?? OTHERS
}
