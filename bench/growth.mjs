// @ts-check
/**
 * `node bench/growth.mjs [--write] [--rounds N]`: measures, in comparison with other tools, how the cost of a scan grows
 * with the number of processes on the machine and of listeners in the range, and how the cost of a cold start grows with
 * the number of commands at once. Prints tables; `--write` also writes `bench/results/growth.json` and draws its charts
 * into `docs/bench`. Needs a private network (root on Linux) and the npm registry. Takes at most six minutes with the
 * default of 7 rounds.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import { installBeside } from './beside.mjs'
import { drawChart } from './chart.mjs'
import { isHere } from './commands.mjs'
import { keyOf, measure } from './measure-rows.mjs'
import { installLibraries, LIBRARIES } from './tool-copies.mjs'
import { run } from './tool-processes.mjs'
import { atOnce } from './tool-scenarios.mjs'

/** @typedef {import('./chart.mjs').Chart} Chart */
/** @typedef {{ machine: string, rounds: number, charts: Chart[] }} Growth */
/** @typedef {readonly [at: number, stage: import('./stage-kinds.mjs').StageName]} Point */

const RESULT = fileURLToPath(new URL('results/growth.json', import.meta.url))
const PAGES = fileURLToPath(new URL('../docs/bench/', import.meta.url))

/** The commands that scan, in the order of the legend. */
const LOOKS = /** @type {const} */ ({
  doctor: 'spec-kitty auth doctor',
  psutil: 'psutil, with health',
  lsof: 'lsof',
  ss: 'ss',
  'pid-port': 'pid-port',
  'find-process': 'find-process, one port',
  fkill: 'fkill’s list',
  floor: 'node -e 0',
})

const NAMES = /** @type {(keyof typeof LOOKS)[]} */ (Object.keys(LOOKS))

/** How many other processes are on the machine, besides 18 orphans. @type {readonly Point[]} */
const PROCESSES = [
  [100, 'crowd-100'],
  [1000, 'crowd'],
  [5000, 'crowd-5000'],
]

/** How many processes listen in the range of 50 ports. @type {readonly Point[]} */
const LISTENERS = [
  [0, 'nothing'],
  [18, 'orphans'],
  [50, 'full'],
]

const COMMANDS = [1, 8, 64]

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    draw: { type: 'boolean', default: false },
    home: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
if (values.draw) draw(JSON.parse(readFileSync(RESULT, 'utf8')))
else if (values.home !== undefined) console.log(JSON.stringify(await startsAtOnce(values.home)))
else process.exitCode = await main()

async function main() {
  if (inPrivateNetwork(['true']) === null) return say('this bench needs a private network (root on Linux)', 2)
  installBeside(say)
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'growth-')))
  try {
    const growth = {
      machine: `${new Date().toISOString().slice(0, 10)}, Linux ${release()}, ${availableParallelism()} x ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)} before`,
      rounds,
      charts: [
        await looks(home, 'processes', 'A look at 18 orphans, by the number of other processes', PROCESSES),
        await looks(home, 'listeners', 'A look, by the number of listeners in the range', LISTENERS),
        startsInPrivate(home),
      ],
    }
    if (values.write) write(growth)
    console.log(textOf(growth))
    return 0
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/**
 * Times every command on every stage, in random order in each round.
 *
 * @param {string} home @param {string} id @param {string} title @param {readonly Point[]} points @returns {Promise<Chart>}
 */
async function looks(home, id, title, points) {
  const here = NAMES.filter(isHere)
  /** @type {import('./doctor-rows.mjs').Row[]} */
  const rows = points.flatMap(([, stage]) =>
    here.map((command) => ({
      id,
      what: '',
      batch: /** @type {const} */ ('looks'),
      of: /** @type {const} */ ([stage, command]),
      per: /** @type {const} */ ([stage, 'floor']),
    })),
  )
  const samples = await measure(rows, rounds, home, say)
  const series = here.map((command) => ({
    name: LOOKS[command],
    values: points.map(([at, stage]) => ({ at, ...spread(samples.get(keyOf([stage, command])) ?? []) })),
  }))
  return { id, title, axis: id === 'processes' ? 'other processes' : 'listeners', series }
}

/** Runs the cold starts in a private network and pid namespace. @param {string} home @returns {Chart} */
function startsInPrivate(home) {
  installLibraries(home)
  const script = fileURLToPath(import.meta.url)
  const inside = [process.execPath, script, `--rounds=${rounds}`, `--home=${home}`]
  const [file = '', ...args] = inPrivateNetwork(inside) ?? []
  const { stdout, status } = spawnSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (status !== 0) throw new Error(`the cold starts ended with exit code ${status}`)
  return JSON.parse(stdout)
}

/** @param {string} home @returns {Promise<Chart>} */
async function startsAtOnce(home) {
  /** @type {Map<string, number[]>} */
  const samples = new Map()
  const add = (/** @type {string} */ name, /** @type {number} */ count, /** @type {number} */ ms) =>
    samples.set(`${name}/${count}`, [...(samples.get(`${name}/${count}`) ?? []), ms])
  for (let round = 0; round < Math.ceil(rounds / 2); round++) {
    say(`commands at once: round ${round + 1} of ${Math.ceil(rounds / 2)}`)
    for (const count of COMMANDS) {
      for (const library of LIBRARIES) {
        const { ms, served } = await atOnce(home, library, count)
        if (served === count) add(library, count, ms)
      }
      const started = performance.now()
      await Promise.all(Array.from({ length: count }, () => run({ directory: home }, ['-e', '0'])))
      add('node -e 0', count, performance.now() - started)
    }
  }
  const series = [...LIBRARIES, 'node -e 0'].map((name) => ({
    name,
    values: COMMANDS.map((at) => ({ at, ...spread(samples.get(`${name}/${at}`) ?? []) })),
  }))
  const title = 'Commands at once without a daemon, until the last is served'
  return { id: 'commands', title, axis: 'commands at once', series }
}

/** Returns the median, the minimum and the maximum of the samples. @param {readonly number[]} samples */
function spread(samples) {
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (/** @type {number} */ share) => sorted[Math.floor((sorted.length - 1) * share)] ?? null
  return { median: at(0.5), low: at(0), high: at(1) }
}

/** @param {Growth} growth */
function write(growth) {
  mkdirSync(join(RESULT, '..'), { recursive: true })
  writeFileSync(RESULT, `${JSON.stringify(growth, null, 2)}\n`)
  draw(growth)
}

/** Draws the charts, and writes the page that shows them. @param {Growth} growth */
function draw(growth) {
  mkdirSync(PAGES, { recursive: true })
  for (const chart of growth.charts) writeFileSync(join(PAGES, `${chart.id}.svg`), drawChart(chart))
  writeFileSync(join(PAGES, 'README.md'), textOf(growth, true))
}

/** Returns the tables, with the charts if `isPage`. @param {Growth} growth */
function textOf({ machine, rounds: times, charts }, isPage = false) {
  const head = isPage
    ? `# What it costs as the machine grows\n\nMade by \`node bench/growth.mjs --write\` ([how it measures](../../bench/README.md)). Whole commands, in milliseconds: the median\nof ${times} rounds (commands at once: ${Math.ceil(times / 2)}), in random order, with the least and the largest as a bar. The axis of time is logarithmic.\n\nOnly the doctor and the script with psutil ask each listener who it is; the others list, and\nfind-process is asked for one port. A round in which a command at once was not served has no\nfigure.\n\n${machine}`
    : machine
  const parts = charts.map((chart) => {
    const image = isPage ? `![${chart.title}](${chart.id}.svg)\n\n` : ''
    return `## ${chart.title}\n\n${image}${tableOf(chart)}`
  })
  return `${[head, ...parts].join('\n\n')}\n`
}

/** @param {Chart} chart */
function tableOf({ axis, series }) {
  const points = series[0]?.values.map(({ at }) => String(at)) ?? []
  const rows = series.map(({ name, values: own }) => [
    name,
    ...own.map(({ median }) => (median === null ? 'not served' : `${median.toFixed(0)} ms`)),
  ])
  const all = [[axis, ...points], ...rows]
  const widths = all[0]?.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0))) ?? []
  const lines = all.map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`)
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

/** Prints on stderr, because this script also runs itself with JSON as the output on stdout. @param {string} message */
function say(message, exitCode = 0) {
  process.stderr.write(`${message}\n`)
  return exitCode
}
