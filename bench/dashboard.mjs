// @ts-check
/**
 * `node bench/dashboard.mjs [ROUNDS] [M9|M13]`: measures two things. M9: how long the command that starts a dashboard
 * takes if a hundred orphans fill the port range, compared with an empty range. M13: what a dashboard with 412 missions
 * costs, compared with a server that sends the same bytes from memory. Needs a private network (root on Linux), so the
 * real ports are not touched. With `SPEC_KITTY_CLI`, M13 measures that command instead, for example one of an older
 * checkout.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import { spawnPredecessor, stopAll } from '../stand-ins/predecessor.mjs'
import { measureBoard, printBoard } from './dashboard-board.mjs'
import { TARGETS } from './targets.mjs'

const CLI = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
const [FROM, TO] = [9237, 9337]
/** How long processes that were just started need to finish their start-up work. */
const SETTLED_MS = 3_000
const AT_ONCE = 8

if (process.env['FAMILIAR_PRIVATE_NETWORK'] !== '1') process.exit(inside())

const rounds = Number(process.argv[2] ?? 5)
const only = process.argv[3]
if (only !== 'M9') {
  const { size, rows } = await measureBoard(process.env['SPEC_KITTY_CLI'] ?? CLI, rounds)
  console.log(
    `${size.missions} missions, ${size.files} files, ${size.packages} packages, ${size.lines} lines of logs`,
  )
  printBoard(rows)
  if (only === 'M13') process.exit()
}
const base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-bench-')))
const env = { PATH: process.env['PATH'] ?? '', HOME: base, SPEC_KITTY_HOME: join(base, '.spec-kitty') }

/** @type {{ full: number[], empty: number[], floor: number[] }} */
const samples = { full: [], empty: [], floor: [] }
try {
  for (let round = 1; round <= rounds; round++) await runRound(round)
} finally {
  await stopAll()
  rmSync(base, { recursive: true, force: true })
}
const [full, empty, floor] = [median(samples.full), median(samples.empty), median(samples.floor)]
console.log(
  `M9  start of a dashboard, 100 orphans in the range  ${full.toFixed(0)} ms  (<= ${TARGETS.M9.ms} ms)`,
)
console.log(`    the same in an empty range                      ${empty.toFixed(0)} ms`)
console.log(`    ratio ${(full / empty).toFixed(2)}; floor (node -e 0) ${floor.toFixed(1)} ms`)
process.exitCode = full <= TARGETS.M9.ms ? 0 : 1

/** Runs this script again, in a private network. Returns its exit code. */
function inside() {
  const command = inPrivateNetwork([process.execPath, ...process.argv.slice(1)])
  if (command === null) {
    console.error('this bench needs a private network: run it as root on Linux')
    return 2
  }
  return spawnSync(command[0] ?? '', command.slice(1), { stdio: 'inherit' }).status ?? 2
}

/** @param {number} round */
async function runRound(round) {
  samples.empty.push(startAndStop(`empty-${round}`))
  const orphans = await startOrphans(round)
  await sleep(SETTLED_MS)
  samples.floor.push(timeCommand(base, ['-e', '0']))
  const load = loadavg()[0] ?? 0
  samples.full.push(startAndStop(`full-${round}`))
  const left = orphans.filter((pid) => isAlive(pid)).length
  if (left > 0) throw new Error(`${left} of ${orphans.length} orphans are still there`)
  const [empty, full] = [samples.empty.at(-1) ?? 0, samples.full.at(-1) ?? 0]
  console.log(
    `round ${round}: full ${full.toFixed(0)} ms, empty ${empty.toFixed(0)} ms, load ${load.toFixed(1)}`,
  )
  await stopAll()
}

/** Starts a predecessor's dashboard on each port and deletes its project. Returns the pids. @param {number} round */
async function startOrphans(round) {
  /** @type {number[]} */
  const pids = []
  let next = FROM
  const work = async () => {
    while (next < TO) {
      const port = next++
      const project = join(base, `orphan-${round}-${port}`)
      mkdirSync(project)
      const { pid } = await spawnPredecessor({ family: 'dashboard', port, project, record: true })
      rmSync(project, { recursive: true })
      pids.push(pid)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return pids
}

/** Starts and stops a dashboard, and returns how many milliseconds the start took. @param {string} name */
function startAndStop(name) {
  const project = join(base, name)
  mkdirSync(join(project, '.kittify'), { recursive: true })
  const ms = timeCommand(project, [CLI, 'dashboard'])
  timeCommand(project, [CLI, 'dashboard', '--stop'])
  return ms
}

/** @param {string} cwd @param {readonly string[]} args */
function timeCommand(cwd, args) {
  const started = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [...args], { cwd, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}: ${stderr}`)
  return performance.now() - started
}

/** A zombie counts as dead. @param {number} pid */
function isAlive(pid) {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
