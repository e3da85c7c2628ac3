// @ts-check
/**
 * `node bench/quick-commands.mjs [ROUNDS] [PACKAGE]`: times whole commands of ours, compared with an empty Node and with
 * a script that does only what is necessary (`beside/status-by-hand.cjs`). PACKAGE, the directory of another build of
 * packages/spec-kitty, is timed too. Needs a private network (root on Linux) and bash.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath as pathOf } from 'node:url'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import { command, makePlace } from './sync-place.mjs'

/** @typedef {import('./sync-place.mjs').Place} Place */
/** @typedef {{ what: string, args: readonly string[], env: Place['env'], said?: string }} Subject */
/** @typedef {{ wall: number, cpu: number }} Sample in ms; `cpu` is user and system time */

/** Runs its arguments, and prints their times in seconds on stderr. */
const TIMED = 'TIMEFORMAT="%R %U %S"; time "$@" 2>/dev/null'
const BY_HAND = pathOf(new URL('beside/status-by-hand.cjs', import.meta.url))
const OURS = pathOf(new URL('../packages/spec-kitty', import.meta.url))

if (process.env['FAMILIAR_PRIVATE_NETWORK'] !== '1') process.exit(inside())

const rounds = Number(process.argv[2] ?? 31)
const builds = { '': OURS, ...(process.argv[3] === undefined ? {} : { ', other': process.argv[3] }) }
const base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-bench-')))
const places = {
  none: makePlace(base, 'none'),
  running: makePlace(base, 'running'),
  queue: makePlace(base, 'queue'),
}

try {
  measure('no daemon runs', [
    byHand(places.none, 'none'),
    ...ours('sync status', places.none, 'not running'),
    ...ours('sync status --json', places.none, '"state": "none"'),
    ...ours('auth doctor --json', places.none, '"candidates": []'),
  ])
  queueEvents(places.queue, 10)
  for (const place of [places.running, places.queue]) command(place, ['sync', 'start'])
  measure('a daemon runs', [
    byHand(places.running, 'running'),
    ...ours('sync status', places.running, 'running for'),
    ...ours('sync status', places.queue, '10 events wait'),
    ...ours('sync status --json', places.running, '"state": "running"'),
    ...ours('sync start', places.running, 'runs'),
  ])
} finally {
  for (const place of Object.values(places)) command(place, ['sync', 'stop'])
  rmSync(base, { recursive: true, force: true })
}

/** Runs this script again, in a private network. Returns its exit code. */
function inside() {
  const again = inPrivateNetwork([process.execPath, ...process.argv.slice(1)])
  if (again === null) {
    console.error('this bench needs a private network: run it as root on Linux')
    return 2
  }
  return spawnSync(again[0] ?? '', again.slice(1), { stdio: 'inherit' }).status ?? 2
}

/** @param {Place} place @param {number} count */
function queueEvents(place, count) {
  const lines = Array.from({ length: count }, (_, at) =>
    JSON.stringify({
      event_id: `e-${at}`,
      event_type: 'WPStatusChanged',
      project_uuid: '4f1c2c1e-6f0e-4a0a-9d5b-0d8f5a1f6a11',
      timestamp: new Date(1_790_000_000_000 + at).toISOString(),
      payload: { at },
    }),
  )
  const quiet = { ...place, env: place.queueQuietly }
  command(quiet, ['sync', 'publish', '-', '--project', place.project], { input: `${lines.join('\n')}\n` })
}

/** @param {Place} place @param {string} said @returns {Subject} */
function byHand({ root, env }, said) {
  return { what: 'by hand', args: [BY_HAND, join(root, 'daemons/sync/record.json')], env, said }
}

/**
 * Returns the command for each build.
 *
 * @param {string} words @param {Place} place @param {string} said @returns {readonly Subject[]}
 */
function ours(words, place, said) {
  const at = place === places.queue ? ', 10 events wait' : ''
  return Object.entries(builds).map(([build, directory]) => ({
    what: `${words}${at}${build}`,
    args: [join(directory, 'bin/spec-kitty.js'), ...words.split(' ')],
    env: place.env,
    said,
  }))
}

/** Times all subjects in each round, in random order, and prints the medians. @param {string} title @param {readonly Subject[]} subjects */
function measure(title, subjects) {
  const floor = { what: 'node -e 0', args: ['-e', '0'], env: places.none.env }
  const all = [floor, ...subjects].map((subject) => ({ subject, samples: /** @type {Sample[]} */ ([]) }))
  for (let round = 0; round < rounds; round++) {
    for (const { subject, samples } of shuffled(all)) samples.push(time(subject))
  }
  const per = mediansOf(all[0]?.samples ?? [])
  console.log(`\n${title.padEnd(40)} wall ms  ratio   CPU ms  ratio`)
  for (const { subject, samples } of all) {
    const { wall, cpu } = mediansOf(samples)
    const columns = [wall, wall / per.wall, cpu, cpu / per.cpu].map((value) => value.toFixed(2).padStart(8))
    console.log(`${subject.what.padEnd(38)}${columns.join('')}`)
  }
}

/** Throws unless the command did its work. @param {Subject} subject @returns {Sample} */
function time({ what, args, env, said = '' }) {
  const { stdout, stderr } = spawnSync('bash', ['-c', TIMED, 'bash', process.execPath, ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (!stdout.includes(said)) throw new Error(`${what} did not do its work:\n${stdout}${stderr}`)
  const [wall = 0, user = 0, system = 0] = stderr.trim().split(' ').map(Number)
  return { wall: wall * 1000, cpu: (user + system) * 1000 }
}

/** @param {readonly Sample[]} samples @returns {Sample} */
function mediansOf(samples) {
  return { wall: median(samples.map(({ wall }) => wall)), cpu: median(samples.map(({ cpu }) => cpu)) }
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** @template T @param {readonly T[]} all @returns {readonly T[]} */
function shuffled(all) {
  return all
    .map((one) => ({ one, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one)
}
