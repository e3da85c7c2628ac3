// @ts-check
/**
 * `node bench/page.mjs [ROUNDS]`: measures a dashboard with 100 missions of 30 work packages, from the files to the screen,
 * and what it costs its daemon. Run `npm run build` first. Needs a Chromium and a private network; the real ports are not
 * touched.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium, launchChromium } from '../scripts/chromium.mjs'
import { laneEvent, writeLargeProject } from '../scripts/example-projects.mjs'
import { inPrivateNetwork } from '../scripts/private-network.mjs'

/** @typedef {import('playwright-core').Page} Page */

const CLI = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
const MISSION = '007-mission'
const [MISSIONS, PACKAGES] = [100, 30]

/** Opening a page makes the daemon read everything once more: wait until that is over. */
const SETTLE_MS = 2000

if (process.env['FAMILIAR_PRIVATE_NETWORK'] !== '1') process.exit(inside())

const rounds = Number(process.argv[2] ?? 7)
const home = realpathSync(mkdtempSync(join(tmpdir(), 'spec-kitty-bench-')))
const project = join(home, 'project')
writeLargeProject(project, MISSIONS, PACKAGES)

/** @type {Map<string, number[]>} in ms, or MB where the name says so */
const samples = new Map()
const chromium = findChromium()
if (chromium === null) throw new Error('there is no chromium in PATH')
const browser = await launchChromium(chromium)
try {
  for (let round = 0; round < rounds; round += 1) await measureDaemon()
  const { url } = start()
  for (let round = 0; round < rounds; round += 1) await measurePage(url, round)
} finally {
  await browser.close()
  run('--stop')
  rmSync(home, { recursive: true, force: true })
}
for (const [what, values] of samples) {
  const [low, middle, high] = [0, 0.5, 1].map((share) => quantile(values, share).toFixed(1).padStart(8))
  console.log(`${what.padEnd(62)} ${middle}   (${low} to ${high})`)
}

function inside() {
  const command = inPrivateNetwork([process.execPath, ...process.argv.slice(1)])
  if (command === null) {
    console.error('this bench needs a private network: run it as root on Linux')
    return 2
  }
  return spawnSync(command[0] ?? '', command.slice(1), { stdio: 'inherit' }).status ?? 2
}

/** Measures a new daemon: for the first answer it reads every file, for the second it only checks for changes. */
async function measureDaemon() {
  const { pid, url } = start()
  add('daemon, resident after its start, MB', resident(pid))
  add('GET /api/missions, first', await timeReply(`${url}api/missions`))
  add('GET /api/missions, second', await timeReply(`${url}api/missions`))
  add(`GET /api/missions/${MISSION}`, await timeReply(`${url}api/missions/${MISSION}`))
  add('daemon, resident after a full scan, MB', resident(pid))
  run('--stop')
}

/** @param {string} url @param {number} round */
async function measurePage(url, round) {
  const page = await browser.newPage()
  add(
    'from navigation to 100 rows of the list',
    await timeView(page, `${url}#/missions`, '.mission-row', MISSIONS),
  )
  const board = `${url}?round=${round}#/missions/${MISSION}`
  add('from navigation to 30 cards of a board', await timeView(page, board, '[data-card]', PACKAGES))
  await page.locator('[data-testid=connection][data-state=open]').waitFor()
  await page.waitForTimeout(SETTLE_MS)
  const lane = ['done', 'claimed', 'approved'][round % 3] ?? 'done'
  const shown = shownAt(page, `[data-card=WP05][data-lane=${lane}]`, 1)
  const written = Date.now()
  appendFileSync(
    join(project, 'kitty-specs', MISSION, 'status.events.jsonl'),
    laneEvent(PACKAGES + round, 'WP05', lane),
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

/** @param {readonly number[]} values @param {number} share */
function quantile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN
}
