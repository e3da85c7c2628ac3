/**
 * The clocks of two machines may normally differ by this much, in milliseconds. A time that is further in the future is a
 * problem of the log, and the page does not say how long ago it was.
 */
export const CLOCK_SKEW_MS = 5 * 60_000
