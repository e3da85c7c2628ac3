// @ts-check
/**
 * How long the slowest live test files take in `npm test`, in seconds, on two cores. A wrong number only costs time. A
 * file without a number is assumed to take `OTHERS` seconds.
 *
 * @type {Readonly<Record<string, number>>}
 */
const SECONDS = {
  'dashboard-orphans': 70,
  'vantage-matrix': 50,
  'dashboard-missed': 45,
  'dashboard-pages': 41,
  'browser-hostile': 37,
  'version-predecessor': 45,
  'browser-looks': 32,
  'version-turns': 45,
  'version-herd': 32,
  'predecessor-truth': 29,
  'herd-cold': 28,
  'sync-stop': 28,
  'sync-security': 27,
  'browser-origins': 26,
  'dashboard-commands': 40,
  'dashboard-cleanup': 25,
}
const OTHERS = 12

/**
 * Test files that mostly wait, for things that take half a minute: they run in a row of their own beside the busy rows.
 */
const WAITING = new Set([
  'doctor',
  'browser-requests',
  'dashboard-life',
  'sync-claims',
  'sync-doctor',
  'sync-range',
  'sync-siblings',
])

/**
 * Distributes the files over `busy` rows that take about equally long (slowest file first, each into the row with the
 * least to do). Files that mostly wait go into one more row, the last.
 *
 * @param {readonly string[]} files Paths.
 * @param {number} busy
 * @returns {readonly (readonly string[])[]}
 */
export function rowsOf(files, busy) {
  /** @type {{ seconds: number, files: string[] }[]} */
  const rows = Array.from({ length: busy }, () => ({ seconds: 0, files: [] }))
  const others = files.filter((file) => !WAITING.has(nameOf(file)))
  for (const file of others.toSorted((a, b) => secondsOf(b) - secondsOf(a))) {
    const row = rows.reduce((least, one) => (one.seconds < least.seconds ? one : least))
    row.files.push(file)
    row.seconds += secondsOf(file)
  }
  return [...rows.map((row) => row.files), files.filter((file) => WAITING.has(nameOf(file)))]
}

/** @param {string} file */
function nameOf(file) {
  return file.replace(/^.*\//, '').replace('.test.ts', '')
}

/** @param {string} file */
function secondsOf(file) {
  return SECONDS[nameOf(file)] ?? OTHERS
}
