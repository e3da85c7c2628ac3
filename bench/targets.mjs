// @ts-check

/**
 * The targets of all measurements, M1 to M15, which every bench reads. `ratio`: the largest allowed ratio to the baseline.
 * They were set on a machine where `node -e 0` takes 21 ms; bench/README.md says what each measurement is.
 */
export const TARGETS = /** @type {const} */ ({
  M1: { ratio: 1.6 },
  M2: { ratio: 2.5 },
  M3: { ratio: 1.2 },
  M4: { ms: 1_000, memoryRatio: 1.2 },
  M5: { warmMs: 0.5, statusRatio: 1.6 },
  M6: { ratio: 2 },
  M7: { ratio: 10 },
  M8: { ratio: 1.2 },
  M9: { ms: 1_500 },
  M10: { memoryRatio: 1.25, wakeUpsPerMinute: 4 },
  M11: { ratio: 1.5 },
  M12: { ratio: 4 },
  M13: {
    /** The limits that docs/dashboard.md states for the daemon. */
    firstListMB: 120,
    unusedMB: 80,
    /** Its limits from navigation to the screen: with a daemon that was just started, and with one that has read the files. */
    nowMs: { cold: 2_000, warm: 1_000 },
    listMs: { cold: 2_000, warm: 1_000 },
    boardMs: { cold: 400, warm: 400 },
  },
  M14: { publishedPerSecond: 5_000, drainedPerSecond: 2_000, memoryMB: 90, wakeUpsPerMinute: 4 },
  M15: { ratio: 1.6 },
})
