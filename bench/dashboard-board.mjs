// @ts-check
/**
 * Measures what a dashboard costs with a project of realistic size (M13): 412 missions, about 11 000 files. Each request
 * is also sent to a static server that sends the same bytes from memory, so the ratio shows the cost of the dashboard
 * itself.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { writeRealisticProject } from '../scripts/realistic-project.mjs'

/** @typedef {{ readonly name: string, readonly unit: string, readonly value: number, readonly beside: number | null }} Row */

const TICKS_PER_SECOND = 100
const EVENTS_PER_SECOND = 10
const BURST_SECONDS = 15
/** The dashboard drops its cache two seconds after its last page closed. */
const UNUSED_MS = 6_000
/** The dashboard treats a file as settled two seconds after it was written. */
const SETTLED_MS = 2_500

/**
 * Measures one dashboard, and returns the median of each figure.
 *
 * @param {string} cli @param {number} rounds
 */
export async function measureBoard(cli, rounds) {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'spec-kitty-board-')))
  const project = join(home, 'project')
  const size = writeRealisticProject(project)
  /** @type {Map<string, Row[]>} */
  const samples = new Map()
  try {
    await sleep(SETTLED_MS)
    for (let round = 0; round < rounds; round += 1) {
      for (const row of await measureOnce({ cli, home, project, round })) {
        samples.set(row.name, [...(samples.get(row.name) ?? []), row])
      }
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
  return { size, rows: [...samples.values()].map((rows) => medianRow(rows)) }
}

/** @param {readonly Row[]} rows */
export function printBoard(rows) {
  console.log(`${'M13'.padEnd(58)} dashboard    static   ratio`)
  for (const { name, unit, value, beside } of rows) {
    const other = beside === null ? ''.padStart(10) : beside.toFixed(1).padStart(10)
    const ratio = beside === null ? ''.padStart(8) : (value / beside).toFixed(1).padStart(8)
    console.log(`${`${name}, ${unit}`.padEnd(56)} ${value.toFixed(1).padStart(10)}${other}${ratio}`)
  }
}

/** @param {{ readonly cli: string, readonly home: string, readonly project: string, readonly round: number }} options */
async function measureOnce({ cli, home, project, round }) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, SPEC_KITTY_HOME: join(home, 'root') }
  const run = (/** @type {string} */ option) =>
    execFileSync(process.execPath, [cli, 'dashboard', option], { cwd: project, env, encoding: 'utf8' })
  const { pid, port } = JSON.parse(run('--json'))
  /** @type {Row[]} */
  const rows = []
  const add = (/** @type {string} */ name, /** @type {string} */ unit, /** @type {number} */ value) =>
    void rows.push({ name, unit, value, beside: null })
  const time = async (/** @type {string} */ name, /** @type {string} */ path) => {
    const mine = await timeGet(port, path)
    rows.push({
      name,
      unit: 'ms',
      value: mine.ms,
      beside: mine.status === 200 ? await timeStatic(mine.body) : null,
    })
    return mine
  }
  const mission = missionOf(project)
  try {
    add('daemon after its start', 'MB', resident(pid))
    const before = ticksOf(pid)
    const first = await time('list of 412, cold', '/api/missions')
    add('list of 412, cold, processor', 'ms', ((ticksOf(pid) - before) * 1000) / TICKS_PER_SECOND)
    add('daemon after the first list', 'MB', resident(pid))
    add('list of 412, its bytes', 'kB', first.body.length / 1000)
    add('list of 412, sent with gzip', 'kB', first.sent / 1000)
    await time('list of 412, warm', '/api/missions')
    await time('one board', `/api/missions/${mission}`)
    const stream = await openStream(port)
    await stream.isWatched
    await time('list of 412 while a page is open, once more', '/api/missions')
    await time('list of 412 while a page is open', '/api/missions')
    await time('one board while a page is open', `/api/missions/${mission}`)
    if ((await timeGet(port, '/api/now')).status === 200) {
      await time('now while a page is open', '/api/now')
      await time('search of all documents', '/api/search?q=nowhere+to+be+found')
    }
    add(
      `processor at ${EVENTS_PER_SECOND} changes a second, list open`,
      '%',
      await burst(pid, port, project, mission, stream, round),
    )
    add('daemon with an open page', 'MB', resident(pid))
    stream.close()
    await sleep(UNUSED_MS)
    add('daemon when no page is open any more', 'MB', resident(pid))
  } finally {
    run('--stop')
  }
  return rows
}

/**
 * Changes a mission ten times a second while a client behaves like an open list: when it hears of a change and is not
 * already reading, it reads the list. Returns the share of one core that the dashboard uses.
 *
 * @param {number} pid @param {number} port @param {string} project @param {string} mission
 * @param {{ readonly onChange: (listener: () => void) => void }} stream @param {number} round
 */
async function burst(pid, port, project, mission, stream, round) {
  let [isReading, isDue, isOver] = [false, false, false]
  const read = async () => {
    isDue = true
    if (isReading || isOver) return
    isReading = true
    while (isDue) {
      isDue = false
      await timeGet(port, '/api/missions')
    }
    isReading = false
  }
  stream.onChange(() => void read())
  const log = join(project, 'kitty-specs', mission, 'status.events.jsonl')
  const [began, before] = [performance.now(), ticksOf(pid)]
  for (let at = 0; at < EVENTS_PER_SECOND * BURST_SECONDS; at += 1) {
    const lane = at % 2 === 0 ? 'in_progress' : 'claimed'
    const event = {
      event_id: `01BURST${round}-${String(at).padStart(6, '0')}`,
      at: new Date().toISOString(),
      wp_id: 'WP01',
      from_lane: 'claimed',
      to_lane: lane,
      actor: 'bench',
    }
    appendFileSync(log, `${JSON.stringify(event)}\n`)
    await sleep(Math.max(0, began + (at + 1) * (1000 / EVENTS_PER_SECOND) - performance.now()))
  }
  isOver = true
  const seconds = (performance.now() - began) / 1000
  return (100 * (ticksOf(pid) - before)) / TICKS_PER_SECOND / seconds
}

/** @param {number} port @param {string} path @param {Readonly<Record<string, string>>} [headers] */
async function timeGet(port, path, headers = {}) {
  const began = performance.now()
  const message = await get(port, path, { 'accept-encoding': 'gzip', ...headers })
  const chunks = []
  for await (const chunk of message) chunks.push(chunk)
  const raw = Buffer.concat(chunks)
  const ms = performance.now() - began
  const body = message.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
  return { ms, status: message.statusCode ?? 0, body, sent: raw.length }
}

/** Returns how long a server takes to send the same bytes from memory. @param {Buffer} body */
async function timeStatic(body) {
  const server = createServer((_, response) => {
    response
      .writeHead(200, {
        'content-type': 'application/json',
        'content-length': body.length,
        connection: 'close',
      })
      .end(body)
  })
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve(null)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  await timeGet(port, '/')
  const times = []
  for (let at = 0; at < 5; at += 1) times.push((await timeGet(port, '/')).ms)
  server.close()
  return median(times)
}

/** @param {number} port */
async function openStream(port) {
  const message = await get(port, '/api/events', {})
  const listeners = new Set()
  let isFirst = true
  /** @type {(value: null) => void} */
  let watched = () => undefined
  const isWatched = new Promise((resolve) => (watched = resolve))
  message.setEncoding('utf8')
  message.on('error', () => undefined)
  message.on('data', (/** @type {string} */ text) => {
    if (!text.includes('event: changed')) return
    if (isFirst) watched(null)
    isFirst = false
    for (const listener of listeners) listener()
  })
  return {
    isWatched,
    onChange: (/** @type {() => void} */ listener) => void listeners.add(listener),
    close: () => void message.destroy(),
  }
}

/**
 * @param {number} port @param {string} path @param {Readonly<Record<string, string>>} headers
 * @returns {Promise<import('node:http').IncomingMessage>}
 */
function get(port, path, headers) {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, agent: false })
    sent.once('response', resolve)
    sent.once('error', reject)
    sent.end()
  })
}

/** Returns the first mission that is merged. @param {string} project */
function missionOf(project) {
  return readdirSync(join(project, 'kitty-specs')).toSorted()[0] ?? ''
}

/** @param {number} pid */
function resident(pid) {
  return (Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) / 1e6
}

/** The processor time of a process, in ticks. @param {number} pid */
function ticksOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

/** @param {readonly Row[]} rows @returns {Row} */
function medianRow(rows) {
  const [first] = rows
  if (first === undefined) throw new Error('there are no samples')
  const besides = rows.flatMap(({ beside }) => beside ?? [])
  return {
    ...first,
    value: median(rows.map(({ value }) => value)),
    beside: besides.length === 0 ? null : median(besides),
  }
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
