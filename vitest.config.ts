import { defineConfig } from 'vitest/config'
import { filesOf, LONG } from './scripts/long-tests.mjs'
import { LongestFirst } from './scripts/longest-first.mjs'

/** What `npm test` leaves out. */
const LEFT_OUT =
  process.env['FAMILIAR_FULL'] === '1'
    ? []
    : [...filesOf(LONG, 'process'), ...filesOf(LONG, 'live')].map((file) => `**${file}`)

/** They start processes, or take seconds: what is left answers in half a minute (`npm run test:unit`). */
const PROCESSES = [
  'packages/familiar/test/{life,act,observe,client}/**/*.test.ts',
  'packages/familiar/test/{docs/pages,packed}.test.ts',
  'packages/*/test/prove/**/*.test.ts',
  'packages/familiar/test/daemon/{connections,public-handler,send-body,start-gate,web-handler}.test.ts',
  'packages/familiar/test/cli/{commands,doctor}.test.ts',
  'packages/spec-kitty/test/dashboard/{watch,scale,mutations,changes,project,confine,worktrees,lanes-of-files,liveness,at-work,routes}.test.ts',
  'packages/spec-kitty/test/dashboard-page/{contact,heavy-document,hostile-page,missed,reading}.test.ts',
  'packages/spec-kitty/test/sync/session/{hostile-service,sign-in,renewal,secrets}.test.ts',
  'packages/spec-kitty/test/sync/{queue-files,queue-memory,queue-processes}.test.ts',
  'packages/spec-kitty/test/sync/upload/{batch-sizes,cloud-events-wire,dispatcher,send}.test.ts',
  'packages/spec-kitty/test/cli/{build-time,completion,failure,home,hostile-commands,interrupted-json,printable,texts,usage}.test.ts',
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
          exclude: LEFT_OUT,
          globalSetup: 'packages/familiar/test/bundle-processes.ts',
        },
      },
      {
        // The real port ranges: one file after the other; scripts/test.mjs makes several rows, each in a private network.
        test: {
          ...EVERYWHERE,
          name: 'live',
          include: ['packages/*/test/live/**/*.test.ts'],
          exclude: LEFT_OUT,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
