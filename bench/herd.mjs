// @ts-check
/**
 * `node bench/herd.mjs [ROUNDS]`: measures the time until the last of 64 concurrent commands on a root without a daemon
 * is served, compared with 64 concurrent `node -e 0` and with one cold start, in random order in each round. Beside them:
 * 64 scripts that do only what is necessary. Needs a private network (root on Linux), so the real ports are not touched.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { besideFile } from './beside.mjs'
import start from './beside/start-by-hand.cjs'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import { TARGETS } from './targets.mjs'

const CLI = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
const START = [CLI, 'sync', 'start']
const BY_HAND = besideFile('command-by-hand.cjs')
const FLOOR = ['-e', '0']
const HERD = 64

if (process.env['FAMILIAR_PRIVATE_NETWORK'] !== '1') process.exit(inside())

const rounds = Number(process.argv[2] ?? 11)
/** @type {Record<'herd' | 'byHand' | 'floor' | 'cold', number[]>} */
const samples = { herd: [], byHand: [], floor: [], cold: [] }
for (let round = 0; round < rounds; round++) {
  for (const measure of shuffled([measureHerd, measureByHand, measureFloor, measureCold])) await measure()
}
const ratios = ratiosOf(samples.herd)
const handRatios = ratiosOf(samples.byHand)
console.log(`the last of ${HERD} cold commands  ${median(samples.herd).toFixed(0)} ms (the slowest of all: ${Math.max(...samples.herd).toFixed(0)} ms)
${HERD} x node -e 0 at once     ${median(samples.floor).toFixed(0)} ms
one cold start              ${median(samples.cold).toFixed(0)} ms
M11 ratio, median of ${rounds}     ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}), target <= ${TARGETS.M11.ratio}
M11 by hand, median of ${rounds}   ${median(handRatios).toFixed(2)} (${Math.min(...handRatios).toFixed(2)} to ${Math.max(...handRatios).toFixed(2)}), ${median(samples.byHand).toFixed(0)} ms`)
process.exitCode = median(ratios) <= TARGETS.M11.ratio ? 0 : 1

/** Runs this script again, in a private network. Returns its exit code. */
function inside() {
  const command = inPrivateNetwork([process.execPath, ...process.argv.slice(1)])
  if (command === null) {
    console.error('this bench needs a private network: run it as root on Linux')
    return 2
  }
  return spawnSync(command[0] ?? '', command.slice(1), { stdio: 'inherit' }).status ?? 2
}

function measureHerd() {
  return onColdRoot(async (env) => void samples.herd.push(await timeAll(HERD, START, env)))
}

/** The same with the script by hand. Throws unless its 64 commands have started one daemon. */
function measureByHand() {
  return onColdRoot(async (env, root) => {
    const ms = await timeAll(HERD, [BY_HAND, root], env)
    const started = readFileSync(start.filesOf(root).log, 'utf8').trimEnd().split('\n').length
    if (started !== 1) throw new Error(`${started} daemons were started by hand`)
    samples.byHand.push(ms)
  })
}

function measureCold() {
  return onColdRoot(async (env) => void samples.cold.push(await timeAll(1, START, env)))
}

async function measureFloor() {
  samples.floor.push(await timeAll(HERD, FLOOR, environment('/nonexistent')))
}

/**
 * Returns the ratio in each round to what 64 empty commands and one cold start take.
 *
 * @param {readonly number[]} times
 */
function ratiosOf(times) {
  return times.map((ms, round) => ms / ((samples.floor[round] ?? 0) + (samples.cold[round] ?? 0)))
}

/** @param {(env: Record<string, string>, root: string) => Promise<void>} act */
async function onColdRoot(act) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-bench-')))
  try {
    await act(environment(root), root)
  } finally {
    end(root)
    rmSync(root, { recursive: true, force: true })
  }
}

/**
 * Kills the recorded pid without proof of its identity, which is safe because this script created the root a moment ago.
 *
 * @param {string} root
 */
function end(root) {
  const { pid } = JSON.parse(readFileSync(join(root, 'daemons', 'sync', 'record.json'), 'utf8'))
  process.kill(pid, 'SIGKILL')
}

/** A minimal environment, without `NODE_EXTRA_CA_CERTS`, which triples Node's start time. @param {string} root */
function environment(root) {
  return { PATH: process.env['PATH'] ?? '', HOME: root, SPEC_KITTY_HOME: root }
}

/**
 * Returns the milliseconds from the first start to the end of the last command. Throws if a command fails.
 *
 * @param {number} count @param {readonly string[]} args @param {Record<string, string>} env
 */
async function timeAll(count, args, env) {
  const started = performance.now()
  await Promise.all(Array.from({ length: count }, () => run(args, env)))
  return performance.now() - started
}

/** @param {readonly string[]} args @param {Record<string, string>} env @returns {Promise<void>} */
function run(args, env) {
  return new Promise((resolve, reject) => {
    let stderr = ''
    const child = spawn(process.execPath, [...args], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${args.join(' ')}: exit ${code}\n${stderr}`))
    })
  })
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** @template T @param {readonly T[]} list */
function shuffled(list) {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
