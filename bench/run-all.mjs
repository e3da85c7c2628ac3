// @ts-check
/**
 * `npm run bench [-- --before CHECKOUT] [--only M1,M5] [--write]`: takes every measurement, M1 to M15, each with its
 * baseline. With `--before`, also measures another built checkout with its own scripts; the parts of the two checkouts
 * alternate. Prints a table; `--write` also writes `bench/results/measures.json` and `docs/bench/measures.md`. Needs a
 * private network (root on Linux), a Chromium and the npm registry. Takes half an hour or more. Exit code 1: a target is
 * missed; 2: a part could not be measured.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BY_HAND, figureOf, limitOf, verdictsOf } from './report.mjs'
import { TARGETS } from './targets.mjs'
import { tableOf } from './tool-table.mjs'

/**
 * What a script printed about a measurement, as text: what was measured, its figure, its target, and whether the target
 * is met (null: there is no target).
 *
 * @typedef {{ readonly id: string, readonly what: string, readonly figure: string, readonly target: string,
 *   readonly met: boolean | null }} Figure
 */

/**
 * A script that measures, its arguments, and how its output is read. `isOld`: the script also exists in the older
 * checkout, perhaps by the name `was`. `hasPage`: with `--write` it writes a page of its own too.
 *
 * @typedef {{ readonly script: string, readonly was?: string, readonly args: readonly string[], readonly ids: readonly string[],
 *   readonly isOld: boolean, readonly hasPage?: true, readonly read: (output: string) => readonly Figure[] }} Part
 */

const HERE = fileURLToPath(new URL('..', import.meta.url))
const RESULT = join(HERE, 'bench/results/measures.json')
const PAGE = join(HERE, 'docs/bench/measures.md')

/** The figures of the daemon that have a target. @type {Readonly<Record<string, number>>} */
const BOARD_BOUNDS = {
  'daemon after the first list, MB': TARGETS.M13.firstListMB,
  'daemon when no page is open any more, MB': TARGETS.M13.unusedMB,
}

/** @type {readonly Part[]} */
const PARTS = [
  {
    script: 'doctor.mjs',
    was: 'bench.mjs',
    args: ['--json'],
    ids: ['M1', 'M2', 'M3', 'M4', 'M7', 'M8'],
    isOld: true,
    read: readCommands,
  },
  { script: 'daemon.mjs', args: [], ids: ['M5', 'M6', 'M10', 'M12'], isOld: true, read: readDaemon },
  { script: 'dashboard.mjs', args: ['5', 'M9'], ids: ['M9'], isOld: true, read: readRange },
  { script: 'herd.mjs', args: ['5'], ids: ['M11'], isOld: true, read: readHerd },
  { script: 'dashboard.mjs', args: ['3', 'M13'], ids: ['M13'], isOld: true, read: readBoard },
  { script: 'page.mjs', args: ['3'], ids: ['M13'], isOld: false, read: readPage },
  { script: 'sync.mjs', args: ['3'], ids: ['M14'], isOld: true, read: readSync },
  { script: 'libraries.mjs', args: ['11'], ids: ['M15'], isOld: false, hasPage: true, read: readLibraries },
]

const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const only = values.only?.split(',') ?? null
let isWhole = true
const machine = machineOf()
/** @type {(Figure & { readonly before: string })[]} */
const rows = []
for (const part of PARTS) {
  if (only !== null && !part.ids.some((id) => only.includes(id))) continue
  const before = values.before !== undefined && part.isOld ? run(values.before, part) : []
  for (const now of run(HERE, part)) {
    rows.push({
      ...now,
      before: before.find(({ id, what }) => id === now.id && what === now.what)?.figure ?? '',
    })
  }
}
rows.sort((one, other) => Number(one.id.slice(1)) - Number(other.id.slice(1)))
const verdicts = verdictsOf(rows)
const table = tableOf([
  ['id', 'what', ...(values.before === undefined ? [] : ['before']), 'now', 'target', 'met'],
  ...rows.map(({ id, what, before, figure, target }, at) => [
    id,
    what,
    ...(values.before === undefined ? [] : [before]),
    figure,
    target,
    verdicts[at] ?? '',
  ]),
])
console.log(`${machine}\n\n${table}`)
if (values.write) write()
process.exitCode = !isWhole ? 2 : rows.some(({ met }) => met === false) ? 1 : 0

/** @param {string} checkout @param {Part} part @returns {readonly Figure[]} */
function run(checkout, { script, was = script, args: usual, hasPage, read }) {
  const args = hasPage === true && values.write ? [...usual, '--write'] : usual
  const path = [script, was].map((name) => join(checkout, 'bench', name)).find((file) => existsSync(file))
  if (path === undefined) return []
  process.stderr.write(`${checkout === HERE ? 'now' : 'before'}: ${script} ${args.join(' ')}\n`)
  const env = { ...process.env }
  delete env['NODE_EXTRA_CA_CERTS']
  const { stdout } = spawnSync(process.execPath, [path, ...args], {
    cwd: checkout,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const figures = read(stdout)
  // Prints the figures of this part at once, so that they are not lost if a run is interrupted after half an hour. All
  // figures are printed again at the end.
  for (const { id, what, figure, target } of figures)
    process.stderr.write(`  ${id} ${what}: ${figure} (${target})\n`)
  if (figures.length > 0) return figures
  isWhole = false
  process.stderr.write(`could not be measured: ${script}\n`)
  return []
}

/** @param {string} output @returns {readonly Figure[]} */
function readCommands(output) {
  if (!output.trimStart().startsWith('{')) return []
  /** @type {{ lines: import('./report.mjs').Line[] }} */
  const { lines } = JSON.parse(output)
  return lines.map((line) => {
    const { id, what, target, met } = line
    return { id, what, figure: figureOf(line), target, met }
  })
}

/** @param {string} output @returns {readonly Figure[]} */
function readDaemon(output) {
  return linesOf(output, /^(M\d+)\s+(.*?)\s+([\d.]+)\s+([\d.]+)\s*(<= .*)?$/).map(
    ([id = '', what = '', value = '', ratio = '', target = '']) => {
      // A count or a time has an absolute target; all other targets are ratios.
      const figure = /, ms$|a minute/.test(what) ? value : ratio
      return { id, what, figure, target, met: target === '' ? null : Number(figure) <= limitOf(target) }
    },
  )
}

/** @param {string} output @returns {readonly Figure[]} */
function readRange(output) {
  return linesOf(output, /^(M9)\s+(.*?)\s+(\d+) ms\s+\((<= \d+ ms)\)$/).map(
    ([id = '', what = '', ms = '', target = '']) => {
      return { id, what, figure: `${ms} ms`, target, met: Number(ms) <= limitOf(target) }
    },
  )
}

/** @param {string} output @returns {readonly Figure[]} */
function readHerd(output) {
  const ours = linesOf(output, /^M11 ratio.*?\s([\d.]+) \(.*target (<= [\d.]+)/).map(
    ([ratio = '', target = '']) => ({
      id: 'M11',
      what: 'the last of 64 cold commands / 64 x node -e 0 and a cold start',
      figure: ratio,
      target,
      met: Number(ratio) <= limitOf(target),
    }),
  )
  const byHand = linesOf(output, /^M11 by hand.*?\s([\d.]+) \(/).map(([ratio = '']) => ({
    id: 'M11',
    what: `${BY_HAND} / the same`,
    figure: ratio,
    target: '',
    met: null,
  }))
  return [...ours, ...byHand]
}

/** @param {string} output @returns {readonly Figure[]} */
function readBoard(output) {
  return linesOf(output, /^(?!M13)(\S.*?, (?:MB|%|ms|kB))\s+([\d.]+)(?:\s+([\d.]+)\s+([\d.]+))?$/).map(
    ([what = '', value = '', , ratio]) => {
      const bound = BOARD_BOUNDS[what]
      const figure = ratio === undefined ? value : `${value}, ${ratio} x static`
      const target = bound === undefined ? '' : `<= ${bound}`
      return { id: 'M13', what, figure, target, met: bound === undefined ? null : Number(value) <= bound }
    },
  )
}

/** @param {string} output @returns {readonly Figure[]} */
function readPage(output) {
  return linesOf(output, /^(.*from navigation to .*?): ([\d.]+) \((<= [\d.]+): (yes|NO)\)(?:, (.*))?$/).map(
    ([what = '', figure = '', target = '', met = '', beside]) => ({
      id: 'M13',
      what: `${what} / floor`,
      figure: beside === undefined ? figure : `${figure}, ${beside}`,
      target,
      met: met === 'yes',
    }),
  )
}

/** @param {string} output @returns {readonly Figure[]} */
function readSync(output) {
  return cellsIn(output).flatMap(([what = '', figure = '', , target = '', met = '']) =>
    target === '' || what === 'M14' ? [] : { id: 'M14', what, figure, target, met: met === 'yes' },
  )
}

/** @param {string} output @returns {readonly Figure[]} */
function readLibraries(output) {
  const ours = cellsIn(output).flatMap(([what = '', ours = '', ...others]) => {
    if (!what.startsWith('warm call')) return []
    const ratio = Number.parseFloat(ours)
    return {
      id: 'M15',
      what: `${what} (core_d, sock-daemon: ${others.map((one) => Number.parseFloat(one)).join(', ')})`,
      figure: ratio.toFixed(2),
      target: `<= ${TARGETS.M15.ratio}`,
      met: ratio <= TARGETS.M15.ratio,
    }
  })
  const byHand = linesOf(output, /^Beside these: .* by hand ([\d.]+) \(/).map(([ratio = '']) => ({
    id: 'M15',
    what: `${BY_HAND} / \`node -e 0\``,
    figure: ratio,
    target: '',
    met: null,
  }))
  return [...ours, ...byHand]
}

/** Returns the cells of each row of a Markdown table. @param {string} output */
function cellsIn(output) {
  return output
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

/** Returns the captured groups of the pattern for each line that matches. @param {string} output @param {RegExp} pattern */
function linesOf(output, pattern) {
  return output.split('\n').flatMap((line) => {
    const found = pattern.exec(line.trimEnd())
    return found === null ? [] : [found.slice(1)]
  })
}

function machineOf() {
  const [load = 0] = loadavg()
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
  const date = new Date().toISOString().slice(0, 10)
  return `${date}, Linux ${release()}, ${cpus().length} x ${processor}, Node ${process.versions.node}, load ${load.toFixed(1)} before`
}

function write() {
  for (const path of [RESULT, PAGE]) mkdirSync(dirname(path), { recursive: true })
  writeFileSync(RESULT, `${JSON.stringify({ machine, rows }, null, 2)}\n`)
  writeFileSync(PAGE, pageOf())
}

function pageOf() {
  return `# Measures\n\nMade by \`npm run bench -- --write\` ([how it measures](../../bench/README.md)).\n\n${machine}\n\n${table}\n`
}
