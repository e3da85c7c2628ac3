// @ts-check
/**
 * How many seconds the longest live test files take in `npm test`, on two cores. A wrong number costs only time; a file
 * without a number counts as `OTHERS`.
 *
 * @type {Readonly<Record<string, number>>}
 */
const SECONDS = {
  doctor: 150,
  'dashboard-matrix': 91,
  'issue-1071-same-home': 75,
  'vantage-matrix': 72,
  'dashboard-orphans': 70,
  'dashboard-missed': 60,
  'version-across': 57,
  'browser-requests': 56,
  'sync-siblings': 46,
  'sync-doctor': 45,
  'dashboard-pages': 41,
  'dashboard-life': 41,
  'browser-looks': 40,
  'sync-claims': 39,
  'sync-range': 38,
  'browser-hostile': 37,
  'version-predecessor': 35,
  'version-turns': 32,
  'version-herd': 32,
  'predecessor-truth': 29,
  'sync-records': 29,
  'sync-security': 27,
  'dashboard-init': 27,
  'browser-origins': 26,
  'dashboard-commands': 26,
  'dashboard-cleanup': 23,
  'herd-cold': 22,
  'sync-stop': 22,
  'sync-homes': 21,
}
const OTHERS = 8

/**
 * Distributes the files over `count` rows that take about equally long: the longest file first, each into the row with the
 * least to do.
 *
 * @param {readonly string[]} files Paths of test files.
 * @param {number} count
 * @returns {readonly (readonly string[])[]}
 */
export function rowsOf(files, count) {
  /** @type {{ seconds: number, files: string[] }[]} */
  const rows = Array.from({ length: count }, () => ({ seconds: 0, files: [] }))
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
