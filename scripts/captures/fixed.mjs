// @ts-check

/** The first pid that is used in a private pid namespace: from there on, all pids have four digits. */
export const FIRST_PID = 2600

/** Matches a pid in a sentence, the pids of a command, or a pid in a table beside its port. */
const PIDS =
  /(process\s+|pid(?:\\?"?: ?|=))(\d{4})\b|(-p |pwdx )(\d{4}(?:[, ]\d{4})*)|\b(\d{4})(?= +9[234]\d\d(?:[ -]|$))/gm

/** Control sequences that move the cursor of a terminal or clear a part of it. */
// oxlint-disable-next-line no-control-regex
const MOVES = /\u001b\[\d*[A-HJK]/g

/** The home that the captures show. It has as many characters as the real one. */
const HOME = '/home/anna'

/**
 * Returns what a terminal finally shows, with everything that differs between two runs replaced: the home, pids, times,
 * ages and sizes. Each is replaced by a text of the same length, so that tables keep their shape.
 *
 * @param {string} screen what was written to the terminal
 * @param {string} home
 */
export function fixed(screen, home) {
  const pids = new Map()
  const pid = (/** @type {string} */ one) => {
    if (!pids.has(one)) pids.set(one, String(FIRST_PID + 101 + pids.size))
    return pids.get(one)
  }
  return settled(screen)
    .replaceAll(home, HOME)
    .replaceAll(cutPaths(home), (cut) => `${HOME.slice(0, cut.length - 1)}…`)
    .replaceAll(PIDS, (found) => found.replaceAll(/\d{4}/g, pid))
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '2026-11-26T12:03:10.000Z')
    .replaceAll(/\b\d\d:\d\d:\d\d\b/g, '12:03:10')
    .replaceAll(/\b\d{4}-\d\d-\d\d\b/g, '2026-11-26')
    .replaceAll(/\bfor \d+ s\b/g, 'for 12 s')
    .replaceAll(/ \d\ds(?=(?:\u001b\[\d+m)*(?: +\d\dM|$))/gm, ' 42s')
    .replaceAll(/ \d\d seconds/g, ' 42 seconds')
    .replaceAll(/( )\d\dM\b/g, '$150M')
}

/** Matches the beginning of the home in a path that was shortened with an ellipsis. @param {string} home */
function cutPaths(home) {
  const begins = Array.from(home, (_, index) => home.slice(0, index + 1)).filter((one) => one.length > 1)
  return new RegExp(`(?<![\\w/])(?:${begins.join('|')})…`, 'g')
}

/** Returns what is left of a text with carriage returns and cleared lines. @param {string} screen */
function settled(screen) {
  return screen
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.replaceAll(MOVES, '').replace(/\r+$/, ''))
    .map((line) => line.slice(line.lastIndexOf('\r') + 1))
    .join('\n')
}
