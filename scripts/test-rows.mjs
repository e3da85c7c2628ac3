// @ts-check
/**
 * How long the slowest files take that start processes, in seconds, in `npm test` on two cores. A wrong number only costs
 * time. A file without a number is assumed to take `OTHERS` seconds.
 *
 * @type {Readonly<Record<string, number>>}
 */
const SECONDS = {
  'live/doctor': 151,
  'live/browser-requests': 81,
  'live/loopback': 79,
  'live/dashboard-orphans': 70,
  'live/dashboard-life': 69,
  'live/sync-doctor': 65,
  'dashboard/routes': 58,
  'live/sync-in-flight': 55,
  'live/sync-homes': 54,
  'live/sync-now': 54,
  'live/dashboard-commands': 53,
  'live/sync-faults': 53,
  'dashboard/watch': 52,
  'live/browser-contact': 52,
  'live/vantage-homes': 52,
  'live/sync-siblings': 49,
  'live/dashboard-cleanup': 48,
  'live/dashboard-init': 48,
  'life/pages': 47,
  'live/sync-claims': 47,
  'live/sync-commands': 47,
  'dashboard-page/contact': 46,
  'live/dashboard-missed': 46,
  'cli/commands': 45,
  'live/sync-range': 45,
  'live/version-predecessor': 45,
  'live/dashboard-pages': 43,
  'session/sign-in': 43,
  'life/handler': 41,
  'life/record': 40,
  'live/examples-predecessor': 39,
  'live/dashboard-links': 38,
  'live/upgrade-hook': 38,
  'life/old-health': 36,
  'life/replace-predecessor': 36,
  'live/sync-logs-files': 36,
  'live/predecessor-truth': 35,
  'cli/usage': 34,
  'live/browser-hostile': 34,
  'life/defined': 33,
  'life/lack': 33,
  'life/siblings': 33,
  'live/examples-own-tests': 33,
  'live/sync-secrets': 33,
  'life/replace-drain': 32,
  'live/dashboard-beside': 32,
  'live/sync-stop': 32,
  'live/version-turns': 32,
  'live/examples-per-project': 31,
  'session/renewal': 31,
  'live/sync-records': 30,
  'life/record-writes': 29,
  'life/replace-failure': 29,
  'cli/doctor': 28,
  'docs/pages': 28,
  'live/examples-mcp': 28,
  'observe/resources': 28,
  'observe/unreachable': 28,
  'act/stop': 27,
  'live/vantage': 27,
  'observe/scopes': 27,
  'cli/home': 26,
  'live/sync-lock-text': 26,
  'live/sync-logs': 26,
  'live/sync-unlockable': 26,
  'live/version-herd': 26,
  'dashboard/scale': 25,
  'live/browser-keyboard': 25,
  'live/dashboard-folder': 25,
  'live/sync-security': 25,
  'observe/scan': 25,
  'sync/queue-files': 25,
  'act/lock-refused': 24,
  'act/lock-library': 23,
  'life/start-limits': 23,
  'life/wedged': 23,
  'live/dashboard-stream': 23,
  'dashboard/confine': 22,
  'live/browser-live': 22,
  'live/dashboard-paths': 22,
  'live/examples-previewd': 22,
  'dashboard/project': 21,
  'live/browser-details': 21,
  'live/browser-origins': 21,
  'live/sync-lossless': 21,
  'live/vantage-matrix': 21,
  'life/replace': 20,
  'life/replace-unproven': 20,
  'observe/scan-records': 20,
  'live/browser-useful': 19,
  'live/examples-mistakes': 19,
  'live/predecessor-acts': 19,
  'live/sync-paths': 19,
  'act/cleanup': 18,
  'act/cleanup-scopes': 18,
  'live/auth-session': 18,
  'live/dashboard-security': 18,
  'live/sync-closed': 18,
  'dashboard/mutations': 17,
  'life/retire-stale': 17,
  'live/dashboard-foreground': 17,
  'dashboard/worktrees': 16,
  'life/record-shared': 16,
  'life/lease': 15,
  'life/start': 15,
  'live/capabilities': 15,
  'live/dashboard-schemas': 15,
  'dashboard-page/hostile-page': 14,
  'life/interrupted': 14,
  'life/ports': 14,
  'live/browser-looks': 14,
  'live/dashboard-herd': 14,
  'live/hostile-names': 14,
  'upload/dispatcher': 14,
  'life/idle': 13,
  'life/killed': 13,
  'live/browser-tabs': 13,
  'live/sync-broken': 13,
  'live/sync-publish': 13,
  'sync/queue-processes': 13,
  'act/cleanup-lock': 12,
  'act/lock': 12,
  'act/lock-counting': 12,
  'act/lock-resources': 12,
  'life/inherit': 12,
  'session/secrets': 12,
  'act/cleanup-foreign': 11,
  'daemon/web-handler': 11,
  'life/retirement': 11,
  'life/start-failure': 11,
  'live/hostile': 11,
  'live/sync-consent': 11,
  'live/sync-permissions': 11,
  'life/files': 10,
  'life/log': 10,
  'live/browser-board': 10,
  'live/sync-detached': 10,
  'observe/health-hostile': 10,
  'platform/linux-locks': 10,
  'act/stop-ask': 9,
  'life/leaving': 9,
  'live/browser-daemons': 9,
  'live/sync-restart-room': 9,
  'observe/verify': 9,
  'platform/namespaces': 9,
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
