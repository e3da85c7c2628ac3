// @ts-check
/**
 * `node bench/sync.mjs [ROUNDS] [--write]`: measures what publishing and sending events cost (M14), each with its
 * baseline in the same run. Needs a private network (root on Linux). `--write` puts the table into bench/README.md. Takes
 * about seven minutes.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import {
  command,
  daemonOf,
  makePlace,
  memoryOf,
  signIn,
  startServer,
  switchesOf,
  timeCommand,
  timeNode,
} from './sync-place.mjs'
import { median, tableOf } from './tool-table.mjs'
import { TARGETS } from './targets.mjs'

const FLOORS = fileURLToPath(new URL('sync-floors.mjs', import.meta.url))
const PAGE = fileURLToPath(new URL('README.md', import.meta.url))
const [BEGIN, END] = ['<!-- sync: begin -->', '<!-- sync: end -->']

/** The default limit of events in the queue. */
const PUBLISHED = 100_000
/** Fewer events than above, because a round of sending takes seconds. */
const DRAINED = 20_000
const SAMPLE_MS = 50
const SETTLED_MS = 5_000
const IDLE_MS = 60_000
/**
 * When the idle measurement begins. Before that, V8 still collects garbage, and the daemon looks for stale daemons once
 * more: at the first tick that is a minute after the last client.
 */
const BEFORE_IDLE_MS = 125_000

const TARGET = TARGETS.M14

if (process.env['FAMILIAR_PRIVATE_NETWORK'] !== '1') process.exit(inside())

const rounds = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 5)
const base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-bench-')))
const [load = 0] = loadavg()
const server = await startServer()
let places = 0

/** @type {{ cells: string[], isMet: boolean | null }[]} */
const rows = []
try {
  await measurePublishing(linesFile(PUBLISHED))
  await measureDraining(linesFile(DRAINED))
  await measureDaemon(linesFile(PUBLISHED))
} finally {
  server.close()
  rmSync(base, { recursive: true, force: true })
}
report()

/** Runs this script again, in a private network. Returns its exit code. */
function inside() {
  const again = inPrivateNetwork([process.execPath, ...process.argv.slice(1)])
  if (again === null) {
    console.error('this bench needs a private network: run it as root on Linux')
    return 2
  }
  return spawnSync(again[0] ?? '', again.slice(1), { stdio: 'inherit' }).status ?? 2
}

/** Writes events as a publisher does: one JSON object per line. Returns the file. @param {number} count */
function linesFile(count) {
  const file = join(base, `${count}.ndjson`)
  const lines = Array.from({ length: count }, (_, at) =>
    JSON.stringify({
      event_id: `e-${at}`,
      event_type: 'WPStatusChanged',
      project_uuid: '4f1c2c1e-6f0e-4a0a-9d5b-0d8f5a1f6a11',
      timestamp: new Date(1_790_000_000_000 + at).toISOString(),
      payload: { mission: '017-login', wp_id: `WP${at % 40}`, from_lane: 'planned', to_lane: 'doing', at },
    }),
  )
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

function newPlace() {
  return makePlace(base, `place-${(places += 1)}`)
}

/** Times the whole command, compared with a loop that inserts the same lines. @param {string} file */
async function measurePublishing(file) {
  const [ours, floor] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])]
  for (let round = 1; round <= rounds; round++) {
    const place = newPlace()
    const quiet = { ...place, env: place.queueQuietly }
    const publish = async () =>
      ours.push(await timeCommand(quiet, ['sync', 'publish', '-', '--project', place.project], file))
    const insert = async () =>
      floor.push(await timeNode([FLOORS, 'insert', file, join(place.project, 'floor.db')], place.env))
    for (const act of inAnyOrder([publish, insert])) await act()
    const { queued } = JSON.parse(command(quiet, ['sync', 'queue', '--json']))
    if (queued !== PUBLISHED) throw new Error(`${queued} of ${PUBLISHED} were queued`)
    rmSync(join(place.root, '..'), { recursive: true })
    say(`publish ${round} of ${rounds}`)
  }
  addRate(
    '`sync publish -`, 100 000 lines, FULL, 1 000 a transaction',
    PUBLISHED,
    ours,
    TARGET.publishedPerSecond,
  )
  addRate('beside it: a plain insert loop, the same pragmas', PUBLISHED, floor)
  addRatio('time of publishing / of the insert loop', ours, floor)
}

/**
 * Times `sync now` as a whole, including the start of the daemon, compared with a loop that posts the same batches.
 *
 * @param {string} file
 */
async function measureDraining(file) {
  /** @type {{ batch: number[], cloudevents: number[], floor: number[] }} */
  const samples = { batch: [], cloudevents: [], floor: [] }
  const bare = { PATH: process.env['PATH'] ?? '' }
  for (let round = 1; round <= rounds; round++) {
    const acts = [
      async () => samples.batch.push(await drain(file, 'batch')),
      async () => samples.cloudevents.push(await drain(file, 'cloudevents')),
      async () => samples.floor.push(await timeNode([FLOORS, 'post', file, server.url], bare)),
    ]
    for (const act of inAnyOrder(acts)) await act()
    say(`drain ${round} of ${rounds}`)
  }
  addRate(
    '`sync now`, 20 000 events, with the start of the daemon',
    DRAINED,
    samples.batch,
    TARGET.drainedPerSecond,
  )
  addRate('the same as CloudEvents', DRAINED, samples.cloudevents, TARGET.drainedPerSecond)
  addRate('beside it: a loop that posts the same batches', DRAINED, samples.floor)
  addRatio('time of draining / of the posting loop', samples.batch, samples.floor)
}

/** @param {string} file @param {'batch' | 'cloudevents'} format */
async function drain(file, format) {
  const place = newPlace()
  signIn(place, server.url)
  writeFileSync(join(place.root, 'config.toml'), `[sync]\nformat = "${format}"\n`)
  await timeCommand(
    { ...place, env: place.queueQuietly },
    ['sync', 'publish', '-', '--project', place.project],
    file,
  )
  server.taken.clear()
  const ms = await timeCommand(place, ['sync', 'now'])
  if (server.taken.size !== DRAINED) throw new Error(`the server has ${server.taken.size} of ${DRAINED}`)
  command(place, ['sync', 'stop'])
  return ms
}

/**
 * Measures the memory and wake-ups of two daemons in the same minutes: one that never had a queue, and one that has just
 * sent many events.
 *
 * @param {string} file
 */
async function measureDaemon(file) {
  const [idle, busy] = [newPlace(), newPlace()]
  for (const place of [idle, busy]) signIn(place, server.url)
  await timeCommand(
    { ...busy, env: busy.queueQuietly },
    ['sync', 'publish', '-', '--project', busy.project],
    file,
  )
  server.mood = 'fail'
  for (const place of [idle, busy]) await timeCommand(place, ['sync', 'start'])
  await sleep(SETTLED_MS)
  const [floor, waiting] = [memoryOf(daemonOf(idle)), memoryOf(daemonOf(busy))]
  server.mood = 'take'
  server.taken.clear()
  const peak = await peakWhile(daemonOf(busy), timeCommand(busy, ['sync', 'now']))
  if (server.taken.size !== PUBLISHED) throw new Error(`the server has ${server.taken.size} of ${PUBLISHED}`)
  await sleep(SETTLED_MS)
  const after = memoryOf(daemonOf(busy))
  addMemory('daemon without a queue, idle', floor, floor)
  addMemory('with 100 000 queued, the server fails', waiting, floor, TARGET.memoryMB)
  addMemory('while it drains them, peak', peak, floor, TARGET.memoryMB)
  addMemory('afterwards, the queue is empty', after, floor)
  await sleep(BEFORE_IDLE_MS)
  const before = [idle, busy].map((place) => switchesOf(daemonOf(place)))
  await sleep(IDLE_MS)
  const [without = 0, empty = 0] = [idle, busy].map(
    (place, at) => switchesOf(daemonOf(place)) - (before[at] ?? 0),
  )
  add(
    'wake-ups a minute, two minutes after the last work, the queue is empty',
    String(empty),
    `without a queue: ${without}`,
    {
      target: `<= ${TARGET.wakeUpsPerMinute}`,
      isMet: empty <= TARGET.wakeUpsPerMinute,
    },
  )
  for (const place of [idle, busy]) command(place, ['sync', 'stop'])
}

/** @param {number} pid @param {Promise<unknown>} doing */
async function peakWhile(pid, doing) {
  const done = { isSo: false }
  const peak = { rss: 0, pss: 0 }
  void doing.finally(() => (done.isSo = true)).catch(() => undefined)
  while (!done.isSo) {
    const { rss, pss } = memoryOf(pid)
    peak.rss = Math.max(peak.rss, rss)
    peak.pss = Math.max(peak.pss, pss)
    await sleep(SAMPLE_MS)
  }
  await doing
  return peak
}

/** @param {string} what @param {number} count @param {readonly number[]} times @param {number} [target] events a second */
function addRate(what, count, times, target) {
  const perSecond = (/** @type {number} */ ms) => Math.round(count / (ms / 1000))
  const [most, least] = [Math.min(...times), Math.max(...times)].map(perSecond)
  const rate = perSecond(median(times))
  const judged = target === undefined ? {} : { target: `>= ${target} /s`, isMet: rate >= target }
  add(what, `${rate} events/s`, `${least} to ${most}`, judged)
}

/** @param {string} what @param {readonly number[]} of @param {readonly number[]} per */
function addRatio(what, of, per) {
  const each = of.map((ms, at) => ms / (per[at] ?? Number.NaN))
  const [least, most] = [Math.min(...each), Math.max(...each)].map((ratio) => ratio.toFixed(2))
  add(what, (median(of) / median(per)).toFixed(2), `${least} to ${most}`)
}

/**
 * @param {string} what @param {{ rss: number, pss: number }} memory @param {{ rss: number, pss: number }} floor
 * @param {number} [target] MB
 */
function addMemory(what, memory, floor, target) {
  const judged = target === undefined ? {} : { target: `<= ${target} MB`, isMet: memory.rss <= target }
  const value = `${memory.rss.toFixed(1)} MB RSS, ${memory.pss.toFixed(1)} PSS`
  add(what, value, `${(memory.rss / floor.rss).toFixed(2)} x RSS of the idle one`, judged)
}

/**
 * @param {string} what @param {string} value @param {string} range
 * @param {{ target?: string, isMet?: boolean }} [judged]
 */
function add(what, value, range, { target = '', isMet } = {}) {
  rows.push({
    cells: [what, value, range, target, isMet === undefined ? '' : isMet ? 'yes' : '**no**'],
    isMet: isMet ?? null,
  })
}

function report() {
  const table = tableOf([['M14', 'median', 'range', 'target', 'met'], ...rows.map(({ cells }) => cells)])
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${date}, Linux ${release()}, ${cpus().length} x ${processor}, Node ${process.versions.node}, load ${load.toFixed(1)} before, ${rounds} rounds:`
  console.log(`${machine}\n\n${table}`)
  if (process.argv.includes('--write')) write(`${machine}\n\n${table}`)
  process.exitCode = rows.some(({ isMet }) => isMet === false) ? 1 : 0
}

/** @param {string} text */
function write(text) {
  const page = readFileSync(PAGE, 'utf8')
  const [head, tail] = [page.split(BEGIN)[0], page.split(END)[1]]
  if (tail === undefined) throw new Error(`${PAGE} has no place for the table`)
  writeFileSync(PAGE, `${head}${BEGIN}\n\n${text}\n\n${END}${tail}`)
}

/** @template T @param {readonly T[]} list */
function inAnyOrder(list) {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`${message}\n`)
}
