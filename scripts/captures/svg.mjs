// @ts-check

/** A column and a line of the picture, in pixels. */
const COLUMN = 8.4
const LINE = 19
const MARGIN = 14

/** Colours of a dark terminal: each has a contrast of at least 4.5 to the background. */
const BACKGROUND = '#16181d'
const TEXT = '#d7dae0'
const COLORS = /** @type {Readonly<Record<string, string>>} */ ({
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  35: '#d2a8ff',
  36: '#56d4dd',
})
const DIM = '#8b949e'

/** @typedef {{ bold: boolean, dim: boolean, color: string | null }} Look */

/**
 * Returns a picture of a terminal that shows the text, whose styles are those of `paint`.
 *
 * @param {string} text
 * @param {number} columns
 */
export function toSvg(text, columns) {
  const lines = text
    .trimEnd()
    .split('\n')
    .flatMap((line) => folded(line, columns))
  const width = Math.ceil(columns * COLUMN + 2 * MARGIN)
  const height = lines.length * LINE + 2 * MARGIN
  const rows = lines.map((line, index) => row(line, MARGIN + (index + 0.75) * LINE))
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="${TEXT}">
${rows.join('\n')}
</g>
</svg>
`
}

/** @typedef {{ text: string, look: Look }} Span */

/** Breaks a line where a terminal does. @param {string} line @param {number} columns @returns {readonly (readonly Span[])[]} */
function folded(line, columns) {
  /** @type {Span[][]} */
  const rows = [[]]
  let used = 0
  for (const { text, look } of spans(line)) {
    for (let rest = text; rest !== '';) {
      if (used === columns) {
        rows.push([])
        used = 0
      }
      const part = rest.slice(0, columns - used)
      rows.at(-1)?.push({ text: part, look })
      used += part.length
      rest = rest.slice(part.length)
    }
  }
  return rows
}

/** @param {string} line @returns {readonly Span[]} */
function spans(line) {
  /** @type {Look} */
  let look = { bold: false, dim: false, color: null }
  // oxlint-disable-next-line no-control-regex
  return line.split(/(\u001b\[[\d;]*m)/).flatMap((part, index) => {
    if (index % 2 === 0) return part === '' ? [] : [{ text: part, look }]
    look = changed(look, part.slice(2, -1))
    return []
  })
}

/** @param {Look} look @param {string} code @returns {Look} */
function changed(look, code) {
  if (code === '1') return { ...look, bold: true }
  if (code === '2') return { ...look, dim: true }
  if (code === '22') return { ...look, bold: false, dim: false }
  if (code === '39') return { ...look, color: null }
  if (code === '0' || code === '') return { bold: false, dim: false, color: null }
  return { ...look, color: COLORS[code] ?? look.color }
}

/** @param {readonly Span[]} line @param {number} y */
function row(line, y) {
  let column = 0
  // What stands between runs of blanks has a place of its own: a picture need not keep blanks.
  const parts = line.flatMap(({ text, look }) =>
    text.split(/( {2,}|^ | $)/).map((part) => ({ text: part, look })),
  )
  const texts = parts.map(({ text, look }) => {
    const x = MARGIN + column * COLUMN
    column += text.length
    if (text.trim() === '') return ''
    const width = `textLength="${(text.length * COLUMN).toFixed(1)}"`
    return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${width}${attributes(look)}>${escaped(text)}</text>`
  })
  return texts.join('')
}

/** @param {Look} look */
function attributes({ bold, dim, color }) {
  const fill = color ?? (dim ? DIM : null)
  return `${bold ? ' font-weight="bold"' : ''}${fill === null ? '' : ` fill="${fill}"`}`
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
