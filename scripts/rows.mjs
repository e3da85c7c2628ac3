// @ts-check
/**
 * How long the slowest live test files take in `npm test`, in seconds, on two cores. A wrong number only costs time. A
 * file without a number is assumed to take `OTHERS` seconds.
 *
 * @type {Readonly<Record<string, number>>}
 */
const SECONDS = {
  'dashboard-orphans': 66,
  'examples-predecessor': 45,
  'examples-own-tests': 25,
  'examples-mcp': 30,
  'examples-per-project': 40,
  'examples-previewd': 60,
  'examples-mistakes': 9,
  'dashboard-pages': 44,
  'vantage-matrix': 42,
  'sync-claims': 42,
  'dashboard-missed': 42,
  'version-predecessor': 40,
  'dashboard-commands': 36,
  'sync-stop': 32,
  'sync-homes': 32,
  'sync-secrets': 30,
  'browser-live': 29,
  'browser-hostile': 28,
  'version-herd': 28,
  'dashboard-cleanup': 28,
  'sync-unlockable': 27,
  'version-turns': 27,
  'browser-looks': 26,
  'upgrade-hook': 26,
  'sync-security': 23,
  'predecessor-truth': 23,
  'dashboard-beside': 23,
  'browser-origins': 22,
  vantage: 20,
  'herd-cold': 19,
  loopback: 18,
  'browser-keyboard': 18,
  'sync-commands': 17,
  'browser-true': 11,
}
const OTHERS = 8

/**
 * Test files that mostly wait, for things that take half a minute: they run in a row of their own beside the busy rows.
 */
const WAITING = new Set([
  'doctor',
  'browser-contact',
  'browser-requests',
  'dashboard-life',
  'dashboard-stream',
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
