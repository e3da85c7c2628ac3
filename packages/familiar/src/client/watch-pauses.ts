import { monotonicMs } from '../clock.js'

/** How often the command records that it is running. */
const PULSE_MS = 500

/** Measures the longest period in which this process did not run. While it is suspended (Ctrl+Z), it cannot adopt a daemon. */
export function watchPauses(since: number): {
  readonly longestMs: () => number
  readonly stop: () => void
} {
  let [last, longest] = [since, 0]
  const longestMs = (): number => {
    const now = monotonicMs()
    longest = Math.max(longest, now - last)
    last = now
    return longest
  }
  const pulse = setInterval(longestMs, PULSE_MS).unref()
  return { longestMs, stop: () => clearInterval(pulse) }
}
