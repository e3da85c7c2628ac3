// @ts-check
import { keyOf } from './measure-rows.mjs'

/**
 * One line of the result. `value` is in ms, or in MB if the row says so. `met` is null if there is no target.
 *
 * @typedef {{ id: string, what: string, unit: 'ms' | 'MB', value: number, per: number, ratio: number,
 *   target: string, met: boolean | null }} Line
 */

/**
 * Returns the medians of a row and whether they meet its target; null if nothing was measured.
 *
 * @param {import('./doctor-rows.mjs').Row} row @param {import('./measure-rows.mjs').Samples} samples
 * @returns {Line | null}
 */
export function lineOf({ id, what, of, per, unit = 'ms', target }, samples) {
  const [above, below] = [samples.get(keyOf(of)), samples.get(keyOf(per))]
  if (!above || !below) return null
  const value = median(above)
  const base = median(below)
  return { id, what, unit, value, per: base, ratio: value / base, ...judge(value, value / base, target) }
}

/** @param {number} value @param {number} ratio @param {import('./doctor-rows.mjs').Row['target']} target */
function judge(value, ratio, target) {
  if (target === undefined) return { target: '', met: null }
  if ('ms' in target) return { target: `<= ${target.ms} ms`, met: value <= target.ms }
  return { target: `<= ${target.ratio} x`, met: ratio <= target.ratio }
}

/**
 * How the row of a script begins that does only what is necessary for the row above it, in the same unit. It shows how
 * low the figure of that row can be on this machine.
 */
export const BY_HAND = '  beside it: by hand'

/**
 * Returns what the column "met" says about each row. A missed target that the script by hand misses too is shown as such,
 * with the figure of that script: the machine cannot meet it. The script belongs to the last row before it that has a
 * target.
 *
 * @param {readonly { readonly id: string, readonly what: string, readonly figure: string, readonly target: string,
 *   readonly met: boolean | null }[]} rows
 * @returns {readonly string[]}
 */
export function verdictsOf(rows) {
  return rows.map(({ id, target, met }, at) => {
    if (met !== false) return met === null ? '' : 'yes'
    const next = rows.findIndex((row, index) => index > at && (row.target !== '' || row.id !== id))
    const below = rows.slice(at + 1, next < 0 ? undefined : next)
    const figure = below.find(({ what }) => what.trim().startsWith(BY_HAND.trim()))?.figure ?? ''
    return Number.parseFloat(figure) > limitOf(target) ? `**no** (by hand ${figure})` : '**no**'
  })
}

/** Returns the number in a target such as `<= 1.6 x`. @param {string} target */
export function limitOf(target) {
  return Number(/[\d.]+/.exec(target)?.[0])
}

/** Returns the figure that the target of a line limits; the ratio if there is no target. @param {Line} line */
export function figureOf({ unit, value, ratio, target }) {
  return target.endsWith('ms') ? `${value.toFixed(0)} ${unit}` : ratio.toFixed(2)
}

/** Returns the lines as a table in Markdown. @param {readonly Line[]} lines */
export function renderTable(lines) {
  const verdicts = verdictsOf(lines.map((line) => ({ ...line, figure: figureOf(line) })))
  const cells = lines.map(({ id, what, unit, value, per, ratio, target }, at) => [
    id,
    what,
    `${round(value)} ${unit}`,
    `${round(per)} ${unit}`,
    ratio.toFixed(2),
    target,
    verdicts[at] ?? '',
  ])
  const titled = [['id', 'what', 'median', 'per', 'ratio', 'target', 'met'], ...cells]
  const widths =
    titled[0]?.map((_, column) => Math.max(...titled.map((row) => row[column]?.length ?? 0))) ?? []
  const written = titled.map(
    (row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`,
  )
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  return [...written.slice(0, 1), rule, ...written.slice(1)].join('\n')
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = 0, high = 0] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]]
  return (low + high) / 2
}

/** @param {number} value */
function round(value) {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1)
}
