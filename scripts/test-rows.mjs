// @ts-check
/**
 * How long the slowest files take that start processes, in seconds, in `npm test` on two cores. A wrong number only costs
 * time. A file without a number is assumed to take `OTHERS` seconds.
 *
 * @type {Readonly<Record<string, number>>}
 */
const SECONDS = {
  'live/doctor': 112,
  'live/sync-in-flight': 77,
  'live/dashboard-life': 70,
  'life/handler': 61,
  'live/sync-doctor': 60,
  'live/version-predecessor': 59,
  'live/dashboard-orphans': 55,
  'life/pages': 54,
  'live/vantage-homes': 54,
  'cli/commands': 52,
  'live/sync-now': 50,
  'session/sign-in': 49,
  'live/sync-claims': 48,
  'live/sync-siblings': 48,
  'live/dashboard-commands': 45,
  'docs/pages': 44,
  'live/sync-secrets': 44,
  'life/siblings': 43,
  'live/examples-predecessor': 43,
  'dashboard-page/contact': 42,
  'life/record-writes': 42,
  'life/replace-predecessor': 41,
  'live/dashboard-missed': 41,
  'live/sync-remedies': 41,
  'life/retirement': 39,
  'live/upgrade-hook': 39,
  'live/dashboard-cleanup': 38,
  'live/browser-requests': 37,
  'act/stop': 36,
  'live/browser-contact': 36,
  'life/idle': 35,
  'life/old-health': 35,
  'life/record': 35,
  'life/replace-drain': 35,
  'live/sync-stop': 35,
  'live/predecessor-acts': 34,
  'live/sync-logs-files': 34,
  'cli/doctor': 33,
  'dashboard/watch': 33,
  'life/replace': 32,
  'live/sync-range': 32,
  'life/replace-failure': 31,
  'live/dashboard-pages': 31,
  'live/sync-commands': 31,
  'live/vantage': 31,
  'live/dashboard-init': 30,
  'live/dashboard-stream': 30,
  'live/examples-mcp': 30,
  'observe/scopes': 30,
  'live/browser-daemons': 29,
  'live/browser-details': 29,
  'live/version-herd': 29,
  'life/retire-stale': 28,
  'life/lack': 27,
  'live/auth-session': 27,
  'live/examples-per-project': 27,
  'live/predecessor-truth': 27,
  'life/defined': 26,
  'live/dashboard-folder': 26,
  'act/lock-library': 25,
  'dashboard/routes': 25,
  'life/wedged': 25,
  'session/renewal': 25,
  'live/browser-tabs': 24,
  'live/sync-closed': 24,
  'live/sync-homes': 24,
  'observe/resources': 24,
  'act/cleanup': 23,
  'life/replace-unproven': 23,
  'live/sync-security': 23,
  'sync/queue-files': 23,
  'live/sync-publish': 22,
  'sync/queue-processes': 22,
  'live/browser-hostile': 21,
  'live/dashboard-beside': 21,
  'live/sync-list': 21,
  'live/sync-now-ends': 21,
  'upload/dispatcher': 21,
  'act/cleanup-scopes': 20,
  'daemon/web-handler': 20,
  'life/start-limits': 20,
  'live/version-turns': 20,
  'observe/unreachable': 19,
  'prove/kill-safety': 19,
  'act/lock-refused': 18,
  'life/lease': 18,
  'life/record-shared': 18,
  'live/browser-useful': 18,
  'life/unmounted': 17,
  'live/browser-origins': 17,
  'live/dashboard-foreground': 17,
  'observe/scan': 17,
  'dashboard/project': 16,
  'life/inherit': 16,
  'live/sync-permissions': 16,
  'prove/protocol': 16,
  'act/lock': 15,
  'life/ports': 15,
  'live/dashboard-security': 15,
  'life/interrupted': 14,
  'live/dashboard-paths': 14,
  'live/hostile-names': 14,
  'live/sync-lock-text': 14,
  'live/sync-logs': 14,
  'cli/usage': 13,
  'live/capabilities': 13,
  'live/dashboard-herd': 13,
  'live/loopback': 13,
  'live/sync-lossless': 13,
  'dashboard-page/hostile-page': 12,
  'life/start': 12,
  'live/browser-live': 12,
  'live/sync-consent': 12,
  'live/sync-faults': 12,
  'live/browser-keyboard': 11,
  'live/examples-mistakes': 11,
  'live/sync-records': 11,
  'live/sync-restart-room': 11,
  'live/sync-paths': 10,
  'cli/completion': 9,
  'live/browser-true': 9,
  'live/hostile': 9,
  'live/sync-detached': 9,
  'live/sync-unlockable': 9,
}
const OTHERS = 4

/**
 * Test files that mostly wait, for things that take half a minute: they run in a row of their own, beside busy ones. A file is
 * one of them if its processes need less than a third of its time (counted by the kernel, one file after the other).
 */
const WAITING = new Set([
  'act/lock-library',
  'dashboard/watch',
  'life/handler',
  'life/idle',
  'life/lack',
  'life/lease',
  'life/pages',
  'life/replace-drain',
  'life/replace-predecessor',
  'life/retirement',
  'life/wedged',
  'observe/scopes',
  'session/renewal',
  'upload/dispatcher',
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
 * Distributes the files over `count` rows and one more that take about equally long (slowest file first, each into the row with
 * the least to do). The last one has those that mostly wait.
 *
 * @param {readonly string[]} files Paths.
 * @param {number} count of the busy ones
 * @returns {readonly (readonly string[])[]}
 */
export function rowsOf(files, count) {
  const { waiting, busy } = byWaiting(files)
  const rows = [...Array.from({ length: count }, () => rowWith([])), rowWith(waiting)]
  for (const file of busy.toSorted((a, b) => secondsOf(b) - secondsOf(a))) {
    const row = rows.reduce((least, one) => (one.seconds < least.seconds ? one : least))
    row.files.push(file)
    row.seconds += secondsOf(file)
  }
  return rows.map((row) => row.files)
}

/**
 * Returns the files that mostly wait, and the others.
 *
 * @param {readonly string[]} files Paths.
 */
export function byWaiting(files) {
  const waiting = files.filter((file) => WAITING.has(nameOf(file)))
  return { waiting, busy: files.filter((file) => !waiting.includes(file)) }
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
