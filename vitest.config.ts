import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts'],
          exclude: ['**/live/**'],
          testTimeout: 30_000,
        },
      },
      {
        // The real port ranges: one file after the other; scripts/test.mjs makes several rows, each in a private network.
        test: {
          name: 'live',
          include: ['packages/*/test/live/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
