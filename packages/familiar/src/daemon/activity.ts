import { monotonicMs } from '../clock.js'
/** What a daemon does for its clients at this moment, and when it last did something. */
export interface Activity {
  /** Called with 1 when a request begins, and with -1 when it has ended. */
  readonly onRequest: (change: 1 | -1) => void
  /**
   * The same for an event stream of an open page. It holds back the retirement rules R3 and R4, but no other reason to
   * leave.
   */
  readonly onStream: (change: 1 | -1) => void
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
    requests: () => requests,
    streams: () => streams,
    idleSeconds: () => (monotonicMs() - lastAt) / 1000,
  }
}
