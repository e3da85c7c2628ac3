// @ts-check
/**
 * Draws a chart as SVG: a line for each series, with markers, and bars for the spread. The time axis is logarithmic. The
 * colours follow the reader's colour scheme, and each series has its own marker, so a chart is readable in light and dark
 * mode and without colours.
 */

/**
 * @typedef {{ at: number, median: number | null, low: number | null, high: number | null }} Value in milliseconds
 * @typedef {{ name: string, values: readonly Value[] }} Series
 * @typedef {{ id: string, title: string, axis: string, series: readonly Series[] }} Chart
 */

const WIDTH = 860
const HEIGHT = 440
/** The plot area; the space to its right is for the legend. */
const PLOT = { left: 72, right: 610, top: 52, bottom: 376 }

/** The colours of Okabe and Ito, which people with any colour vision can tell apart, slightly darker on a light background. */
const COLOURS = [
  ['#d55e00', '#ff8c42'],
  ['#0072b2', '#56b4e9'],
  ['#00795a', '#2fc19a'],
  ['#b5528b', '#e59cc8'],
  ['#8a6d00', '#f0d04a'],
  ['#5b4bb7', '#a79cf5'],
  ['#31727d', '#7fd3e0'],
  ['#666666', '#a6a6a6'],
]

/** The outlines of the markers, around 0,0. */
const MARKERS = [
  '<circle r="4.5"/>',
  '<rect x="-4" y="-4" width="8" height="8"/>',
  '<path d="M0-5.5 5 4H-5Z"/>',
  '<path d="M0 5.5 5-4H-5Z"/>',
  '<path d="M0-5.5 5.5 0 0 5.5-5.5 0Z"/>',
  '<path d="M-4.5-4.5 4.5 4.5M-4.5 4.5 4.5-4.5"/>',
  '<path d="M0-5.5V5.5M-5.5 0H5.5"/>',
  '<circle r="2.5"/>',
]

/** Returns the chart as the text of an SVG file. @param {Chart} chart */
export function drawChart({ title, axis, series }) {
  const points = series[0]?.values.map(({ at }) => at) ?? []
  const all = series.flatMap(({ values }) => values.flatMap(({ low, high }) => [low, high]))
  const y = scaleOf(all.filter((value) => value !== null))
  const x = placesOf(points)
  const parts = [
    `<text class="title" x="${PLOT.left}" y="26">${escape(title)}</text>`,
    ...ticksOf(y).map((tick) => gridLine(tick, y(tick))),
    ...points.map((point, index) => tickText(point, x[index] ?? 0)),
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 44}" text-anchor="middle">${escape(axis)}</text>`,
    `<text transform="translate(18 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">milliseconds, whole command</text>`,
    `<path class="axis" d="M${PLOT.left} ${PLOT.top}V${PLOT.bottom}H${PLOT.right}"/>`,
    ...series.map((one, index) => lineOf(one, styleOf(one, index), x, y)),
    ...series.map((one, index) => legendOf(one, index, styleOf(one, index))),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="${escape(title)}">
<style>${STYLE}</style>
<rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>
${parts.join('\n')}
</svg>
`
}

const STYLE = `
text{font:13px system-ui,sans-serif;fill:#333}
.title{font-size:16px;font-weight:600;fill:#111}
.ground{fill:#fff}.grid{stroke:#ddd}.axis{stroke:#777;fill:none}
.line{fill:none;stroke-width:2}.marker{stroke-width:1.8}
${COLOURS.map(([light], index) => `.s${index}{stroke:${light};fill:${light}}`).join('')}
.line{fill:none}
@media(prefers-color-scheme:dark){
text{fill:#c8c8c8}.title{fill:#f0f0f0}.ground{fill:#0d1117}.grid{stroke:#30363d}.axis{stroke:#8b949e}
${COLOURS.map(([, dark], index) => `.s${index}{stroke:${dark};fill:${dark}}`).join('')}
.line{fill:none}
}`

/**
 * Returns a function that maps a time to its position on the axis: logarithmic, over the range of all values.
 *
 * @param {readonly number[]} values
 */
function scaleOf(values) {
  const from = Math.log10(Math.min(...values, 100) * 0.85)
  const to = Math.log10(Math.max(...values, 1) * 1.1)
  return Object.assign(
    (/** @type {number} */ value) =>
      PLOT.bottom - ((Math.log10(value) - from) / (to - from)) * (PLOT.bottom - PLOT.top),
    { from: 10 ** from, to: 10 ** to },
  )
}

/** @param {{ readonly from: number, readonly to: number }} scale */
function ticksOf({ from, to }) {
  const ticks = [1, 10, 100, 1_000, 10_000].flatMap((decade) => [1, 2, 5].map((times) => decade * times))
  return ticks.filter((tick) => tick >= from && tick <= to)
}

/** The few points stand at equal distances, which is nearly logarithmic. @param {readonly number[]} points */
function placesOf(points) {
  const step = (PLOT.right - PLOT.left - 80) / Math.max(1, points.length - 1)
  return points.map((_, index) => PLOT.left + 40 + index * step)
}

/** @param {number} tick @param {number} at */
function gridLine(tick, at) {
  const text = tick.toLocaleString('en').replace(',', ' ')
  return `<path class="grid" d="M${PLOT.left} ${round(at)}H${PLOT.right}"/><text x="${PLOT.left - 8}" y="${round(at + 4)}" text-anchor="end">${text}</text>`
}

/** @param {number} point @param {number} at */
function tickText(point, at) {
  const text = point.toLocaleString('en').replace(',', ' ')
  return `<path class="axis" d="M${round(at)} ${PLOT.bottom}v5"/><text x="${round(at)}" y="${PLOT.bottom + 21}" text-anchor="middle">${text}</text>`
}

/** @param {Series} series @param {number} index @param {readonly number[]} x @param {(value: number) => number} y */
function lineOf({ values }, index, x, y) {
  const shift = (index - 3.5) * 1.5
  const drawn = values.flatMap(({ median, low, high }, at) =>
    median === null || low === null || high === null
      ? []
      : [
          {
            at,
            x: round((x[at] ?? 0) + shift),
            y: round(y(median)),
            low: round(y(low)),
            high: round(y(high)),
          },
        ],
  )
  // The line is interrupted where a figure is missing.
  const line = drawn
    .map((point, place) => `${drawn[place - 1]?.at === point.at - 1 ? 'L' : 'M'}${point.x} ${point.y}`)
    .join('')
  const bars = drawn.map((point) => `M${point.x} ${point.low}V${point.high}`).join('')
  const markers = drawn.map((point) => marker(index, point.x, point.y)).join('')
  return `<path class="line s${index}" d="${line}"/><path class="line s${index}" stroke-opacity=".45" d="${bars}"/>${markers}`
}

/** @param {Series} series @param {number} place @param {number} index */
function legendOf({ name }, place, index) {
  const at = PLOT.top + 14 + place * 26
  return `<path class="line s${index}" d="M${PLOT.right + 26} ${at}h30"/>${marker(index, PLOT.right + 41, at)}<text x="${PLOT.right + 66}" y="${at + 4}">${escape(name)}</text>`
}

/** The baseline has the same style in every chart. @param {Series} series @param {number} index */
function styleOf({ name }, index) {
  return name === 'node -e 0' ? COLOURS.length - 1 : index
}

/** @param {number} index @param {number} x @param {number} y */
function marker(index, x, y) {
  return `<g class="marker s${index % COLOURS.length}" transform="translate(${x} ${y})">${MARKERS[index % MARKERS.length]}</g>`
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
