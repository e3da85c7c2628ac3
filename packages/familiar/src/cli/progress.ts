import type { Io } from './io.js'

/** The time before the first line and between lines: shorter waits are not reported. */
const QUIET_MS = 1_000

export interface Progress {
  readonly update: (done: number, total: number) => void
  readonly stop: () => void
}

/** Reports progress on stderr: nothing in the first second, then one line per second. */
export function startProgress(
  io: Pick<Io, 'err'>,
  describe: (done: number, total: number) => string,
): Progress {
  let state: readonly [number, number] | null = null
  const timer = setInterval(() => {
    io.err(state === null ? 'looking at the machine ...\n' : `${describe(...state)}\n`)
  }, QUIET_MS)
  timer.unref()
  return {
    update: (done, total) => {
      state = [done, total]
    },
    stop: () => clearInterval(timer),
  }
}
