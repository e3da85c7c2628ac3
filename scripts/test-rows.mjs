// @ts-check
/**
 * How long the slowest files take that start processes, in seconds, in `npm test` on two cores. A wrong number only costs
 * time. A file without a number is assumed to take `OTHERS` seconds.
 *
 * @type {Readonly<Record<string, number>>}
 */
const SECONDS = {
  'live/doctor': 106,
  'live/browser-requests': 87,
  'live/sync-in-flight': 76,
  'live/dashboard-life': 66,
  'live/sync-doctor': 60,
  'life/handler': 58,
  'live/dashboard-orphans': 57,
  'live/vantage': 55,
  'life/pages': 50,
  'live/sync-siblings': 49,
  'cli/doctor': 46,
  'session/sign-in': 46,
  'life/replace': 45,
  'live/sync-publish': 44,
  'live/sync-stop': 44,
  'live/dashboard-cleanup': 43,
  'live/predecessor-acts': 43,
  'live/sync-secrets': 43,
  'live/version-predecessor': 43,
  'cli/commands': 42,
  'life/start': 42,
  'live/capabilities': 42,
  'live/sync-claims': 42,
  'live/examples-predecessor': 41,
  'life/replace-predecessor': 40,
  'act/cleanup': 39,
  'life/idle': 38,
  'live/browser-contact': 38,
  'act/stop': 37,
  'dashboard-page/contact': 36,
  'act/cleanup-scopes': 35,
  'dashboard/watch': 35,
  'life/record': 35,
  'live/sync-closed': 35,
  'live/sync-homes': 35,
  'live/sync-records': 35,
  'life/replace-drain': 34,
  'life/siblings': 34,
  'live/dashboard-commands': 34,
  'live/dashboard-missed': 34,
  'live/sync-now': 34,
  'live/version-turns': 34,
  'life/replace-failure': 33,
  'live/dashboard-pages': 32,
  'live/sync-range': 32,
  'docs/pages': 31,
  'live/dashboard-stream': 31,
  'live/predecessor-truth': 31,
  'life/record-shared': 30,
  'sync/queue-files': 30,
  'observe/resources': 29,
  'life/record-writes': 28,
  'life/replace-unproven': 28,
  'live/dashboard-paths': 28,
  'live/examples-mcp': 28,
  'live/examples-per-project': 28,
  'live/upgrade-hook': 28,
  'life/old-health': 27,
  'observe/scan': 27,
  'life/lack': 26,
  'life/ports': 26,
  'live/sync-logs-files': 26,
  'observe/scopes': 26,
  'live/browser-hostile': 25,
  'live/sync-security': 25,
  'session/renewal': 25,
  'life/wedged': 24,
  'life/retirement': 23,
  'live/browser-live': 23,
  'live/browser-origins': 23,
  'live/sync-consent': 23,
  'live/sync-logs': 23,
  'live/version-herd': 23,
  'upload/dispatcher': 23,
  'life/defined': 22,
  'live/sync-commands': 22,
  'sync/queue-processes': 22,
  'life/interrupted': 21,
  'life/lease': 21,
  'live/auth-session': 21,
  'live/dashboard-beside': 21,
  'live/hostile-names': 21,
  'live/browser-tabs': 20,
  'live/browser-useful': 19,
  'live/sync-list': 19,
  'live/sync-lossless': 19,
  'life/retire-stale': 18,
  'live/browser-details': 18,
  'live/examples-mistakes': 18,
  'live/loopback': 18,
  'live/sync-faults': 18,
  'act/lock-library': 17,
  'live/dashboard-foreground': 17,
  'live/hostile': 16,
  'observe/unreachable': 16,
  'life/start-limits': 15,
  'live/browser-keyboard': 15,
  'live/dashboard-folder': 15,
  'live/dashboard-init': 15,
  'live/sync-lock-text': 15,
  'live/sync-paths': 15,
  'prove/protocol': 15,
  'dashboard/project': 14,
  'dashboard/routes': 14,
  'live/dashboard-security': 14,
  'live/vantage-homes': 14,
  'observe/scan-records': 14,
  'act/lock': 13,
  'act/lock-refused': 13,
  'cli/home': 13,
  'live/dashboard-herd': 13,
  'dashboard-page/hostile-page': 12,
  'live/sync-permissions': 12,
  'cli/usage': 11,
  'daemon/web-handler': 11,
  'life/inherit': 11,
  'live/browser-board': 11,
  'live/sync-restart-room': 11,
  'prove/kill-safety': 11,
  'cli/completion': 10,
  'life/start-failure': 10,
  'live/browser-daemons': 10,
  'live/sync-broken': 10,
  'dashboard/scale': 9,
  'live/sync-detached': 9,
}
const OTHERS = 4

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
  'live/sync-in-flight',
  'live/sync-range',
  'live/sync-siblings',
])

/**
 * Distributes the files over `busy` rows that take about equally long: the slowest file first, each into the row with the
 * least to do. One more row has the files that mostly wait.
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
