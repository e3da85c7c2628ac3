// @ts-check
/**
 * The tests that `npm test` leaves out, so that it takes less than a quarter of an hour on two cores: they take minutes
 * of processor time, measure memory that a busy machine frees late, or try in many ways what a shorter test tries in one.
 * `npm run test:full` runs them.
 *
 * @type {Readonly<Record<'process' | 'live', readonly string[]>>}
 */
export const LONG = {
  process: [
    'act/lock-counting',
    'act/stop-ending',
    'dashboard-page/contact',
    'dashboard-page/reading',
    'docs/pages',
    'life/author-mistakes',
    'life/flood',
    'life/lack',
    'life/old-health',
    'life/pages',
    'life/record-writes',
    'life/replace-failure',
    'life/start-limits',
    'prove/faults',
    'prove/upgrades',
    'sync/queue-memory',
    'sync/queue-processes',
  ],
  live: [
    'alias-project',
    'alias-root',
    'browser-axe',
    'browser-hung',
    'browser-looks',
    'browser-requests',
    'browser-windows',
    'dashboard-folder',
    'dashboard-links',
    'dashboard-matrix',
    'dashboard-memory',
    'dashboard-missed',
    'dashboard-moved',
    'examples-mcp',
    'examples-own-tests',
    'examples-per-project',
    'examples-predecessor',
    'examples-previewd',
    'half-installed',
    'hostile-files',
    'issue-1071-file-systems',
    'issue-1071-same-home',
    'json-schemas',
    'limits',
    'package-replaced',
    'parts',
    'remedies',
    'sync-fleet',
    'sync-in-flight',
    'sync-lock-text',
    'sync-logs-files',
    'sync-memory',
    'sync-now-ends',
    'sync-permissions',
    'sync-why',
    'unmounted',
    'vantage-matrix',
    'version-across',
  ],
}

/**
 * The tests that try more cases in `npm run test:full` than in `npm test`.
 *
 * @type {typeof LONG}
 */
export const LONGER = {
  process: [
    'dashboard/mutations',
    'dashboard/project',
    'dashboard/routes',
    'dashboard/scale',
    'life/concurrent',
    'life/interrupted',
    'life/killed',
    'life/replace-drain',
  ],
  live: [
    'herd-cold',
    'loopback',
    'sync-closed',
    'sync-lossless',
    'version-herd',
    'version-predecessor',
    'version-turns',
    'dashboard-orphans',
  ],
}

/**
 * Returns the end of the path of each file.
 *
 * @param {typeof LONG} names
 * @param {'process' | 'live'} project
 * @returns {readonly string[]}
 */
export function filesOf(names, project) {
  return names[project].map((name) => `/${project === 'live' ? 'live/' : ''}${name}.test.ts`)
}
