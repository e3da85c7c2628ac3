import { defineConfig } from 'vitest/config'
import { LongestFirst } from './scripts/longest-first.mjs'

/**
 * Tests that take minutes of processor time, or measure memory that a busy machine gives back late: `npm run test:full` runs
 * them, so that `npm test` stays below a quarter of an hour on two cores.
 */
const LONG =
  process.env['FAMILIAR_FULL'] === '1'
    ? []
    : [
        '**/{life/flood,act/lock-counting,act/stop-ending,sync/queue-memory,prove/faults,prove/upgrades}.test.ts',
        '**/live/{alias-project,alias-root,browser-axe,browser-hung,browser-looks,browser-windows,dashboard-links,dashboard-matrix,dashboard-memory,dashboard-moved,examples-own-tests,examples-previewd,half-installed,hostile-files,issue-1071-file-systems,issue-1071-same-home,json-schemas,limits,package-replaced,parts,remedies,sync-fleet,sync-why,unmounted,vantage-matrix,version-across}.test.ts',
      ]

/** They start processes, or take seconds: what is left answers in half a minute (`npm run test:unit`). */
const PROCESSES = [
  'packages/familiar/test/{life,act,observe,client}/**/*.test.ts',
  'packages/familiar/test/{docs/pages,packed}.test.ts',
  'packages/*/test/prove/**/*.test.ts',
  'packages/familiar/test/daemon/{connections,public-handler,web-handler}.test.ts',
  'packages/familiar/test/cli/{commands,doctor}.test.ts',
  'packages/spec-kitty/test/dashboard/{watch,scale,mutations,changes,project,confine,worktrees,lanes-of-files,liveness,routes}.test.ts',
  'packages/spec-kitty/test/dashboard-page/{contact,hostile-page,reading}.test.ts',
  'packages/spec-kitty/test/sync/session/{hostile-service,sign-in,renewal,secrets}.test.ts',
  'packages/spec-kitty/test/sync/{queue-files,queue-memory,queue-processes}.test.ts',
  'packages/spec-kitty/test/sync/upload/{cloud-events-wire,dispatcher,send}.test.ts',
  'packages/spec-kitty/test/cli/{build-time,completion,failure,home,printable,texts,usage}.test.ts',
]

const EVERYWHERE = {
  // One file after the other in the same worker: loading the same modules again for each took a tenth of the whole time.
  isolate: false,
  // A limit ends only what hangs: on a machine that runs other tests too, everything may take five times as long.
  testTimeout: 240_000,
  hookTimeout: 240_000,
  expect: { poll: { timeout: 60_000 } },
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...EVERYWHERE,
          name: 'unit',
          include: ['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'],
          exclude: ['**/live/**', ...PROCESSES],
        },
      },
      {
        test: {
          ...EVERYWHERE,
          name: 'process',
          include: PROCESSES,
          exclude: LONG,
          globalSetup: 'packages/familiar/test/bundle-processes.ts',
        },
      },
      {
        // The real port ranges: one file after the other; scripts/test.mjs makes several rows, each in a private network.
        test: {
          ...EVERYWHERE,
          name: 'live',
          include: ['packages/*/test/live/**/*.test.ts'],
          exclude: LONG,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
