// @ts-check
/**
 * How long the slowest files that start processes take, in seconds, in `npm test` on two cores. A wrong number only costs
 * time. A file without a number is assumed to take `OTHERS` seconds.
 *
 * @type {Readonly<Record<string, number>>}
 */
const SECONDS = {
  'live/doctor': 89,
  'life/handler': 54,
  'live/dashboard-life': 53,
  'live/mounted-over': 44,
  'live/dashboard-orphans': 43,
  'live/sync-doctor': 43,
  'live/sync-now': 43,
  'live/sync-siblings': 41,
  'life/retirement': 40,
  'live/sync-claims': 36,
  'live/upgrade-hook': 35,
  'life/idle': 34,
  'life/start-failure': 34,
  'life/record': 32,
  'session/sign-in': 32,
  'live/sync-range': 31,
  'live/version-turns': 31,
  'live/browser-contact': 30,
  'act/stop': 29,
  'dashboard/watch': 29,
  'life/replace-drain': 29,
  'live/vantage-homes': 28,
  'live/dashboard-stream': 27,
  'live/sync-remedies': 27,
  'life/siblings': 26,
  'live/dashboard-cleanup': 26,
  'live/predecessor-truth': 26,
  'live/sync-secrets': 26,
  'life/unmounted': 25,
  'live/dashboard-pages': 25,
  'live/sync-closed': 25,
  'live/sync-stop': 25,
  'live/version-predecessor': 25,
  'life/defined': 24,
  'life/replace-predecessor': 24,
  'session/renewal': 24,
  'live/sync-list': 23,
  'live/sync-security': 23,
  'observe/scopes': 23,
  'prove/protocol': 21,
  'life/replace': 20,
  'life/wedged': 20,
  'live/dashboard-security': 20,
  'live/sync-homes': 20,
  'live/version-herd': 20,
  'live/dashboard-commands': 19,
  'upload/dispatcher': 19,
  'life/replace-unproven': 18,
  'live/browser-hostile': 18,
  'live/predecessor-acts': 18,
  'cli/commands': 17,
  'cli/doctor': 17,
  'act/cleanup': 16,
  'dashboard/routes': 16,
  'live/dashboard-beside': 16,
  'live/dashboard-init': 16,
  'live/sync-lossless': 16,
  'cli/failure': 15,
  'cli/home': 15,
  'live/browser-origins': 15,
  'live/browser-useful': 15,
  'live/sync-publish': 15,
  'prove/kill-safety': 15,
  'live/browser-keyboard': 14,
  'live/sync-restart-room': 14,
  'live/vantage': 14,
  'cli/texts': 13,
  'dashboard/project': 13,
  'life/record-shared': 13,
  'live/capabilities': 13,
  'act/lock': 12,
  'dashboard/at-work': 12,
  'life/files': 12,
  'life/lease': 12,
  'live/sync-faults': 12,
  'cli/usage': 11,
  'dashboard/scale': 11,
  'life/retire-stale': 11,
  'life/start': 11,
  'live/examples-mistakes': 11,
  'live/sync-commands': 11,
  'platform/linux-locks': 11,
  'cli/completion': 10,
  'life/concurrent': 10,
  'life/mimic': 10,
  'live/browser-tabs': 10,
  'observe/resources': 10,
  'sync/queue-files': 10,
  'act/cleanup-scopes': 9,
  'act/lock-refused': 9,
  'daemon/public-handler': 9,
  'daemon/web-handler': 9,
  'dashboard-page/hostile-page': 9,
  'dashboard/changes': 9,
  'dashboard/liveness': 9,
  'life/by-hand': 9,
  'live/auth-session': 9,
  'live/hostile-names': 9,
  'act/cleanup-spared': 8,
  'act/stop-ask': 8,
  'client/fetch-stream': 8,
  'life/inherit': 8,
  'life/interrupted': 8,
  'life/none-here': 8,
  'life/ports': 8,
  'live/browser-details': 8,
  'live/browser-live': 8,
  'observe/unreachable': 8,
  'session/secrets': 8,
  'act/lock-library': 7,
  'dashboard-page/heavy-document': 7,
  'dashboard/confine': 7,
  'life/killed': 7,
  'life/lock-unsupported': 7,
  'live/browser-daemons': 7,
  'live/record-copies': 7,
  'live/sync-records': 7,
  'observe/scan': 7,
  'observe/scan-roots': 7,
  'test/packed': 7,
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
