// @ts-check
/**
 * How long the slowest files that start processes take, in seconds, in `npm test` on two cores. A wrong number only costs
 * time. A file without a number is assumed to take `OTHERS` seconds.
 *
 * @type {Readonly<Record<string, number>>}
 */
const SECONDS = {
  'live/doctor': 91,
  'life/handler': 56,
  'live/dashboard-life': 53,
  'live/sync-doctor': 49,
  'live/dashboard-orphans': 48,
  'live/sync-now': 45,
  'life/retirement': 42,
  'live/sync-siblings': 39,
  'live/sync-remedies': 38,
  'live/sync-claims': 37,
  'live/sync-publish': 37,
  'life/idle': 34,
  'live/dashboard-commands': 34,
  'life/record': 33,
  'life/start-failure': 33,
  'live/version-predecessor': 32,
  'life/siblings': 31,
  'live/sync-commands': 31,
  'live/sync-range': 31,
  'session/sign-in': 31,
  'dashboard/watch': 29,
  'life/replace-drain': 29,
  'life/replace-predecessor': 29,
  'live/browser-contact': 29,
  'live/dashboard-stream': 26,
  'live/vantage': 26,
  'cli/commands': 25,
  'life/unmounted': 25,
  'live/dashboard-cleanup': 25,
  'live/dashboard-pages': 25,
  'act/stop': 24,
  'dashboard-page/heavy-document': 24,
  'live/dashboard-init': 24,
  'live/sync-stop': 24,
  'live/sync-homes': 23,
  'live/sync-records': 23,
  'live/version-turns': 23,
  'life/replace': 22,
  'live/predecessor-acts': 22,
  'live/sync-security': 22,
  'live/sync-lossless': 21,
  'live/vantage-homes': 21,
  'observe/resources': 21,
  'observe/scopes': 21,
  'life/wedged': 20,
  'live/sync-secrets': 20,
  'live/browser-hostile': 19,
  'live/browser-useful': 19,
  'live/dashboard-beside': 19,
  'live/sync-list': 19,
  'live/upgrade-hook': 19,
  'live/version-herd': 18,
  'live/browser-origins': 17,
  'live/capabilities': 17,
  'live/dashboard-security': 17,
  'live/mounted-over': 17,
  'live/predecessor-truth': 17,
  'live/sync-closed': 17,
  'act/cleanup-scopes': 16,
  'cli/doctor': 16,
  'life/log': 16,
  'life/record-shared': 16,
  'life/retire-stale': 16,
  'session/renewal': 16,
  'life/defined': 15,
  'life/start': 15,
  'act/cleanup': 14,
  'sync/queue-files': 14,
  'act/lock-library': 13,
  'life/lease': 13,
  'observe/health-hostile': 13,
  'prove/kill-safety': 13,
  'prove/parsers': 13,
  'upload/dispatcher': 13,
  'dashboard/confine': 12,
  'dashboard/project': 12,
  'live/auth-session': 12,
  'live/browser-details': 12,
  'test/packed': 12,
  'cli/failure': 11,
  'dashboard-page/hostile-page': 11,
  'life/ports': 11,
  'live/browser-tabs': 11,
  'live/dashboard-paths': 11,
  'live/hostile-names': 11,
  'live/record-copies': 11,
  'observe/scan': 11,
  'prove/protocol': 11,
  'act/lock': 10,
  'dashboard/at-work': 10,
  'life/replace-unproven': 10,
  'live/browser-live': 10,
  'live/sync-faults': 10,
  'platform/linux-locks': 10,
  'cli/home': 9,
  'cli/texts': 9,
  'cli/usage': 9,
  'life/inherit': 9,
  'live/browser-keyboard': 9,
  'observe/scan-holders': 9,
  'observe/scan-roots': 9,
  'act/stop-ask': 8,
  'dashboard/changes': 8,
  'dashboard/routes': 8,
  'life/interrupted': 8,
  'life/leaving': 8,
  'live/herd-cold': 8,
  'live/sync-paths': 8,
  'observe/scan-hostile': 8,
  'observe/scan-lock': 8,
  'observe/unreachable': 8,
  'cli/completion': 7,
  'client/fetch-stream': 7,
  'daemon/public-handler': 7,
  'dashboard/liveness': 7,
  'dashboard/scale': 7,
  'life/by-hand': 7,
  'life/concurrent': 7,
  'life/mimic': 7,
  'life/none-here': 7,
  'session/secrets': 7,
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
