// @ts-check
/**
 * How long the slowest files take that start processes, in seconds, in `npm test` on two cores. A wrong number only costs
 * time. A file without a number is assumed to take `OTHERS` seconds.
 *
 * @type {Readonly<Record<string, number>>}
 */
const SECONDS = {
  'live/sync-closed': 45,
  'live/sync-now': 40,
  'live/sync-in-flight': 40,
  'live/sync-lossless': 30,
  'live/browser-true': 11,
  'live/doctor': 157,
  'live/dashboard-orphans': 70,
  'live/sync-doctor': 66,
  'live/version-predecessor': 64,
  'live/dashboard-life': 59,
  'dashboard/project': 57,
  'live/browser-requests': 57,
  'live/dashboard-commands': 55,
  'life/lack': 54,
  'life/record-writes': 54,
  'life/pages': 53,
  'live/sync-siblings': 53,
  'cli/commands': 52,
  'docs/pages': 52,
  'life/record': 52,
  'live/sync-claims': 52,
  'dashboard/watch': 51,
  'live/dashboard-pages': 50,
  'live/sync-stop': 50,
  'live/sync-range': 48,
  'live/vantage': 46,
  'life/replace': 45,
  'live/dashboard-missed': 45,
  'life/handler': 41,
  'live/examples-predecessor': 41,
  'cli/doctor': 40,
  'life/replace-predecessor': 40,
  'live/predecessor-truth': 40,
  'life/siblings': 38,
  'live/dashboard-links': 38,
  'live/sync-records': 38,
  'live/version-turns': 38,
  'live/browser-hostile': 36,
  'live/sync-homes': 36,
  'live/dashboard-cleanup': 35,
  'life/replace-drain': 34,
  'observe/scopes': 34,
  'live/dashboard-init': 33,
  'live/examples-own-tests': 33,
  'act/cleanup-scopes': 32,
  'live/vantage-homes': 32,
  'live/sync-secrets': 31,
  'act/cleanup': 30,
  'live/examples-mcp': 28,
  'live/examples-per-project': 28,
  'live/upgrade-hook': 28,
  'life/replace-failure': 26,
  'live/predecessor-acts': 26,
  'act/stop': 25,
  'live/dashboard-beside': 25,
  'life/wedged': 24,
  'live/sync-logs-files': 24,
  'live/sync-security': 24,
  'live/browser-origins': 23,
  'live/dashboard-paths': 23,
  'live/vantage-matrix': 23,
  'live/examples-previewd': 22,
  'live/sync-unlockable': 22,
  'life/defined': 21,
  'life/replace-unproven': 20,
  'live/sync-paths': 20,
  'live/sync-permissions': 20,
  'live/version-herd': 20,
  'observe/scan': 20,
  'life/start': 18,
  'live/dashboard-security': 18,
  'life/retire-stale': 17,
  'live/sync-commands': 17,
  'daemon/web-handler': 16,
  'live/browser-live': 16,
  'live/dashboard-folder': 16,
  'live/dashboard-herd': 16,
  'live/sync-faults': 16,
  'act/lock': 15,
  'life/ports': 15,
  'platform/linux-locks': 15,
  'live/browser-looks': 14,
  'live/browser-tabs': 14,
  'live/capabilities': 14,
  'live/loopback': 14,
  'observe/scan-roots': 14,
  'live/browser-details': 13,
  'live/sync-lock-text': 13,
  'live/sync-logs': 13,
  'life/lease': 12,
  'observe/scan-records': 12,
}
const OTHERS = 6

/**
 * Test files that mostly wait, for things that take half a minute: they run in one row, beside busy ones.
 */
const WAITING = new Set([
  'live/doctor',
  'live/browser-contact',
  'live/browser-requests',
  'live/dashboard-life',
  'live/dashboard-stream',
  'live/sync-doctor',
  'live/sync-range',
  'live/sync-siblings',
])

/**
 * Distributes the files over `busy` rows and one more that take about equally long (slowest file first, each into the row with
 * the least to do). The last one has those that mostly wait.
 *
 * @param {readonly string[]} files Paths.
 * @param {number} busy
 * @returns {readonly (readonly string[])[]}
 */
export function rowsOf(files, busy) {
  const waiting = files.filter((file) => WAITING.has(nameOf(file)))
  const others = files.filter((file) => !waiting.includes(file))
  const rows = [...Array.from({ length: busy }, () => rowWith([])), rowWith(waiting)]
  for (const file of others.toSorted((a, b) => secondsOf(b) - secondsOf(a))) {
    const row = rows.reduce((least, one) => (one.seconds < least.seconds ? one : least))
    row.files.push(file)
    row.seconds += secondsOf(file)
  }
  return rows.map((row) => row.files)
}

/** @param {readonly string[]} files */
function rowWith(files) {
  return { files: [...files], seconds: files.reduce((sum, file) => sum + secondsOf(file), 0) }
}

/** Its directory and its name: two files of one name are in different directories. @param {string} file */
function nameOf(file) {
  return file.replace(/^.*\/(?=[^/]+\/[^/]+$)/, '').replace('.test.ts', '')
}

/** Returns how long a file takes. @param {string} file */
export function secondsOf(file) {
  return SECONDS[nameOf(file)] ?? OTHERS
}
