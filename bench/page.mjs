// @ts-check
/**
 * `node bench/page.mjs [ROUNDS]`: measures a dashboard with 412 missions and 11 000 files, from the files to the screen,
 * in three cases: with a daemon that was just started, with a daemon that has already read the files, and with a server
 * that sends the same bytes from memory. Run `npm run build` first. Needs a Chromium and a private network, so the real
 * ports are not touched. Exit code 1: a limit is exceeded.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium, launchChromium } from '../scripts/chromium.mjs'
import { laneEvent } from '../scripts/example-projects.mjs'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import { REAL_SIZE, writeRealisticProject } from '../scripts/realistic-project.mjs'
import { TARGETS } from './targets.mjs'

/** @typedef {import('playwright-core').Page} Page */

const CLI = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
const MISSIONS = REAL_SIZE.missions

/** Opening a page makes the daemon read every file again, so wait until it has finished. */
const SETTLE_MS = 2000

/** How long `node -e 0` takes on the machine for which the limits are stated, in ms. */
const FLOOR_OF_BOUNDS_MS = 21

if (process.env['FAMILIAR_PRIVATE_NETWORK'] !== '1') process.exit(inside())

const rounds = Number(process.argv[2] ?? 7)
const home = realpathSync(mkdtempSync(join(tmpdir(), 'spec-kitty-bench-')))
const project = join(home, 'project')
writeRealisticProject(project)
/** The last mission, which is still in progress. */
const MISSION = readdirSync(join(project, 'kitty-specs')).toSorted().at(-1) ?? ''
const PACKAGES = readdirSync(join(project, 'kitty-specs', MISSION, 'tasks')).filter((name) =>
  /^WP\d+-work\.md$/.test(name),
).length

/** @type {Map<string, number[]>} in ms, or MB where the name says so */
const samples = new Map()
const chromium = findChromium()
if (chromium === null) throw new Error('there is no chromium in PATH')
const browser = await launchChromium(chromium)
try {
  for (let round = 0; round < rounds; round += 1) {
    measureFloor()
    await measureDaemon()
    for (const view of views()) await measureCold(view)
  }
  const { url } = start()
  const copy = await copyOf(url)
  for (let round = 0; round < rounds; round += 1) await measurePage(url, copy.url, round)
  copy.close()
} finally {
  await browser.close()
  run('--stop')
  rmSync(home, { recursive: true, force: true })
}
const floor = medianOf('node -e 0')
for (const [what, values] of samples) {
  const [low, middle, high] = [0, 0.5, 1].map((share) => quantile(values, share).toFixed(1).padStart(8))
  console.log(`${what.padEnd(62)} ${middle}   (${low} to ${high})`)
}
console.log(`\nin units of node -e 0, which takes ${floor.toFixed(1)} ms here:`)
for (const { what, of, boundMs } of bounds()) {
  const [units, most] = [medianOf(what) / floor, boundMs / FLOOR_OF_BOUNDS_MS]
  const beside =
    of === null ? '' : `, ${(medianOf(what) / medianOf(of)).toFixed(1)} x the same bytes from memory`
  const isMet = units <= most
  console.log(`${what}: ${units.toFixed(1)} (<= ${most.toFixed(1)}: ${isMet ? 'yes' : 'NO'})${beside}`)
  if (!isMet) process.exitCode = 1
}

function inside() {
  const command = inPrivateNetwork([process.execPath, ...process.argv.slice(1)])
  if (command === null) {
    console.error('this bench needs a private network: run it as root on Linux')
    return 2
  }
  return spawnSync(command[0] ?? '', command.slice(1), { stdio: 'inherit' }).status ?? 2
}

/** Measures a new daemon. For the first answer it reads every file, for the second it only checks for changes. */
async function measureDaemon() {
  const { pid, url } = start()
  add('daemon, resident after its start, MB', resident(pid))
  add('GET /api/missions, first', await timeReply(`${url}api/missions`))
  add('GET /api/missions, second', await timeReply(`${url}api/missions`))
  add(`GET /api/missions/${MISSION}`, await timeReply(`${url}api/missions/${MISSION}`))
  add('daemon, resident after a full scan, MB', resident(pid))
  run('--stop')
}

/**
 * The views that are timed. Each has a name, the fragment of its URL, a selector, the minimum number of elements that
 * must match it, and the limits in ms.
 *
 * @typedef {readonly [string, string, string, number, { readonly cold: number, readonly warm: number }]} View
 * @returns {readonly View[]}
 */
function views() {
  const { nowMs, listMs, boardMs } = TARGETS.M13
  return [
    ['the first rows of Now', '#/', '.now-row', 1, nowMs],
    [`${MISSIONS} rows of the list`, '#/missions', '.mission-row', MISSIONS, listMs],
    [`${PACKAGES} cards of a board`, `#/missions/${MISSION}`, '[data-card]', PACKAGES, boardMs],
  ]
}

/** The limits in ms on the machine for which they are stated. */
function bounds() {
  return views().flatMap(([what, , , , { cold, warm }]) => [
    { what: `cold: from navigation to ${what}`, of: null, boundMs: cold },
    { what: `from navigation to ${what}`, of: `from memory: from navigation to ${what}`, boundMs: warm },
  ])
}

function measureFloor() {
  const env = { PATH: process.env['PATH'] ?? '' }
  for (let at = 0; at < 5; at += 1) {
    const began = performance.now()
    execFileSync(process.execPath, ['-e', '0'], { env })
    add('node -e 0', performance.now() - began)
  }
}

/** @param {View} view */
async function measureCold([what, fragment, selector, count]) {
  const { url } = start()
  const page = await browser.newPage()
  add(`cold: from navigation to ${what}`, await timeView(page, `${url}${fragment}`, selector, count))
  await page.close()
  run('--stop')
}

/**
 * Starts a server that answers the requests of the views with the same bytes from memory.
 *
 * @param {string} url
 */
async function copyOf(url) {
  /** @type {Map<string, { status: number, headers: Record<string, string>, body: Buffer }>} */
  const replies = new Map()
  const page = await browser.newPage()
  /** @type {Promise<void>[]} */
  const reads = []
  page.on('response', (response) => {
    const { pathname, search } = new URL(response.url())
    if (pathname === '/api/events') return
    const { 'content-encoding': _, 'content-length': _l, ...headers } = response.headers()
    const read = async () =>
      void replies.set(pathname + search, { status: response.status(), headers, body: await response.body() })
    reads.push(read())
  })
  for (const [, fragment, selector, count] of views())
    await timeView(page, `${url}?${fragment}`, selector, count)
  await Promise.all(reads)
  await page.close()
  const server = createServer(({ url: path = '' }, response) => {
    if (path === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n')
      return
    }
    const reply = replies.get(path) ?? replies.get(path.replace(/\?.*/, '')) ?? replies.get('/')
    response.writeHead(reply?.status ?? 404, reply?.headers).end(reply?.body)
  })
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve(null)))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}/`, close }
}

/** @param {string} url @param {string} copy @param {number} round */
async function measurePage(url, copy, round) {
  for (const [what, fragment, selector, count] of views())
    for (const [prefix, server] of /** @type {const} */ ([
      ['', url],
      ['from memory: ', copy],
    ])) {
      const page = await browser.newPage()
      const ms = await timeView(page, `${server}${fragment}`, selector, count)
      add(`${prefix}from navigation to ${what}`, ms)
      await page.close()
    }
  const page = await browser.newPage()
  await timeView(page, `${url}#/missions/${MISSION}`, '[data-card]', PACKAGES)
  await page.locator('[data-testid=connection][data-state=open]').waitFor()
  await page.waitForTimeout(SETTLE_MS)
  const lane = ['done', 'claimed', 'approved'][round % 3] ?? 'done'
  const shown = shownAt(page, `[data-card=WP01][data-lane=${lane}]`, 1)
  const written = Date.now()
  appendFileSync(
    join(project, 'kitty-specs', MISSION, 'status.events.jsonl'),
    laneEvent(100_000 + round, 'WP01', lane),
  )
  add('from the write of a lane change to its card', (await shown) - written)
  await page.close()
}

/** @param {Page} page @param {string} url @param {string} selector @param {number} count */
async function timeView(page, url, selector, count) {
  await page.goto(url, { waitUntil: 'commit' })
  const shown = await shownAt(page, selector, count)
  return shown - Number(await page.evaluate('performance.timeOrigin'))
}

/**
 * Resolves with the time of the first frame with at least `count` matches of the selector.
 *
 * @param {Page} page @param {string} selector @param {number} count @returns {Promise<number>}
 */
function shownAt(page, selector, count) {
  return page.evaluate(`new Promise((resolve) => {
    const look = () => document.querySelectorAll(${JSON.stringify(selector)}).length >= ${count}
      ? requestAnimationFrame(() => setTimeout(() => resolve(performance.timeOrigin + performance.now())))
      : false
    const observer = new MutationObserver(() => look() !== false && observer.disconnect())
    if (look() === false) observer.observe(document, { subtree: true, childList: true, attributes: true })
  })`)
}

/** @returns {{ pid: number, url: string }} */
function start() {
  return JSON.parse(run('--json'))
}

/** @param {string} option */
function run(option) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, SPEC_KITTY_HOME: join(home, 'root') }
  return execFileSync(process.execPath, [CLI, 'dashboard', option], { cwd: project, env, encoding: 'utf8' })
}

/** @param {string} url */
async function timeReply(url) {
  const began = performance.now()
  const reply = await fetch(url)
  await reply.text()
  if (!reply.ok) throw new Error(`${url}: ${reply.status}`)
  return performance.now() - began
}

/** @param {string} what @param {number} value */
function add(what, value) {
  samples.set(what, [...(samples.get(what) ?? []), value])
}

/** @param {number} pid */
function resident(pid) {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** @param {string} what */
function medianOf(what) {
  return quantile(samples.get(what) ?? [], 0.5)
}

/** @param {readonly number[]} values @param {number} share */
function quantile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN
}
