// @ts-check
/**
 * How long the slowest files that start processes take, in seconds, in `npm test` on two cores. A wrong number only costs
 * time. A file without a number is assumed to take `OTHERS` seconds.
 *
 * @type {Readonly<Record<string, number>>}
 */
const SECONDS = {
  'live/doctor': 92,
  'life/handler': 55,
  'live/dashboard-life': 50,
  'live/dashboard-orphans': 47,
  'live/sync-now': 42,
  'life/retirement': 40,
  'live/mounted-over': 40,
  'live/sync-siblings': 38,
  'live/sync-doctor': 37,
  'live/sync-claims': 34,
  'life/idle': 33,
  'life/record': 32,
  'life/start-failure': 32,
  'live/sync-range': 31,
  'dashboard/watch': 30,
  'life/replace-drain': 29,
  'live/browser-contact': 29,
  'live/sync-remedies': 28,
  'session/sign-in': 27,
  'life/replace-predecessor': 26,
  'life/siblings': 26,
  'live/sync-stop': 26,
  'live/version-predecessor': 26,
  'cli/commands': 25,
  'life/unmounted': 25,
  'observe/scopes': 25,
  'act/stop': 24,
  'live/dashboard-pages': 24,
  'live/dashboard-stream': 23,
  'live/sync-secrets': 23,
  'live/dashboard-cleanup': 22,
  'live/sync-security': 22,
  'cli/doctor': 20,
  'life/wedged': 20,
  'live/predecessor-truth': 19,
  'live/upgrade-hook': 19,
  'upload/dispatcher': 19,
  'live/dashboard-commands': 18,
  'session/renewal': 18,
  'live/sync-homes': 17,
  'live/version-herd': 17,
  'life/defined': 16,
  'live/browser-hostile': 16,
  'live/sync-closed': 16,
  'live/vantage-homes': 16,
  'act/cleanup': 15,
  'live/vantage': 15,
  'live/version-turns': 15,
  'dashboard/project': 14,
  'dashboard/routes': 14,
  'act/lock-library': 13,
  'life/replace': 13,
  'live/predecessor-acts': 13,
  'live/sync-lossless': 13,
  'live/sync-publish': 13,
  'life/lease': 12,
  'live/browser-origins': 12,
  'live/browser-useful': 12,
  'live/dashboard-beside': 12,
  'live/dashboard-security': 12,
  'live/sync-commands': 12,
  'prove/protocol': 12,
  'life/record-shared': 10,
  'life/retire-stale': 10,
  'prove/kill-safety': 10,
  'act/cleanup-scopes': 9,
  'live/browser-live': 9,
  'act/lock': 8,
  'life/ports': 8,
  'live/browser-tabs': 8,
  'live/dashboard-init': 8,
  'live/sync-records': 8,
  'act/lock-refused': 7,
  'act/stop-ask': 7,
  'cli/home': 7,
  'daemon/web-handler': 7,
  'dashboard/changes': 7,
  'life/drain': 7,
  'life/files': 7,
  'life/replace-unproven': 7,
  'live/browser-details': 7,
  'live/capabilities': 7,
  'live/dashboard-foreground': 7,
  'live/hostile-names': 7,
  'live/sync-list': 7,
  'observe/unreachable': 7,
  'sync/queue-files': 7,
}
const OTHERS = 3

/** Test files that mostly wait for things that take half a minute. They run in one row, beside busy ones. */
const WAITING = new Set([
  'live/doctor',
  'live/browser-contact',
  'live/browser-requests',
  'live/dashboard-life',
  'live/dashboard-stream',
  'live/sync-doctor',
  'live/sync-in-flight',
  'live/sync-range',
  'live/sync-siblings',
])

/**
 * Distributes the files over `busy` rows that take about equally long: the slowest file first, each into the row that is
 * shortest so far. One more row has the files that mostly wait.
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

/** Returns a file's directory and name, because files in different directories may have the same name. @param {string} file */
function nameOf(file) {
  return file.replace(/^.*\/(?=[^/]+\/[^/]+$)/, '').replace('.test.ts', '')
}

/** Returns how long a file takes. @param {string} file */
export function secondsOf(file) {
  return SECONDS[nameOf(file)] ?? OTHERS
}
