import { monotonicMs } from '../clock.js'

/** Counts what a daemon is doing for its clients, and remembers when it last did something for one. */
export interface Activity {
  /** Called with 1 when a request begins, and with -1 when it has ended. */
  readonly onRequest: (change: 1 | -1) => void
  /**
   * Called with 1 when an event stream of an open page begins, and with -1 when it has ended. An open stream suspends
   * only the retirement rules R3 and R4; for any other reason, the daemon exits anyway.
   */
  readonly onStream: (change: 1 | -1) => void
  /** Called when the work has started: a daemon is not idle before that. */
  readonly onStarted: () => void
  readonly requests: () => number
  readonly streams: () => number
  readonly idleSeconds: () => number
}

export function createActivity(): Activity {
  let [requests, streams, lastAt] = [0, 0, monotonicMs()]
  return {
    onRequest: (change) => {
      requests += change
      lastAt = monotonicMs()
    },
    onStream: (change) => {
      streams += change
      lastAt = monotonicMs()
    },
    onStarted: () => void (lastAt = monotonicMs()),
    requests: () => requests,
    streams: () => streams,
    idleSeconds: () => (monotonicMs() - lastAt) / 1000,
  }
}
