// @ts-check
import { nameOf, secondsOf } from './test-seconds.mjs'

/** Test files that mostly wait for things that take half a minute. They run in one row, beside busy ones. */
const WAITING = new Set([
  'live/doctor',
  'live/browser-contact',
  'live/browser-requests',
  'live/dashboard-life',
  'live/dashboard-stream',
  'live/sync-doctor',
  'live/sync-in-flight',
  'live/sync-range',
  'live/sync-siblings',
])

/**
 * Distributes the files over `busy` rows that take about equally long: the slowest file first, each into the row that is
 * shortest so far. One more row has the files that mostly wait.
 *
 * @param {readonly string[]} files Paths.
 * @param {number} busy
 * @returns {readonly (readonly string[])[]}
 */
export function rowsOf(files, busy) {
  const waiting = files.filter((file) => WAITING.has(nameOf(file)))
  const others = files.filter((file) => !waiting.includes(file))
  const rows = [...Array.from({ length: busy }, () => rowWith([])), rowWith(waiting)]
  for (const file of others.toSorted((a, b) => secondsOf(b) - secondsOf(a))) {
    const row = rows.reduce((least, one) => (one.seconds < least.seconds ? one : least))
    row.files.push(file)
    row.seconds += secondsOf(file)
  }
  return rows.map((row) => row.files)
}

/** @param {readonly string[]} files */
function rowWith(files) {
  return { files: [...files], seconds: files.reduce((sum, file) => sum + secondsOf(file), 0) }
}
