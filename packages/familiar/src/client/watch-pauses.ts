import { monotonicMs } from '../clock.js'

/** How often the command notes that it runs. */
const PULSE_MS = 500

/** Watches for how long this process did not run at a time: while it was suspended (Ctrl+Z), it can adopt no daemon. */
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
