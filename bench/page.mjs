// @ts-check
/**
 * `node bench/page.mjs [ROUNDS]`: measures a dashboard with 412 missions and 11 000 files, from the files to the screen, once
 * with a daemon that was just started, then with one that has read them. Run `npm run build` first. Needs a Chromium and a private network; the real ports are not
 * touched.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium, launchChromium } from '../scripts/chromium.mjs'
import { laneEvent } from '../scripts/example-projects.mjs'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import { REAL_SIZE, writeRealisticProject } from '../scripts/realistic-project.mjs'

/** @typedef {import('playwright-core').Page} Page */

const CLI = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
const MISSIONS = REAL_SIZE.missions

/** Opening a page makes the daemon read everything once more: wait until that is over. */
const SETTLE_MS = 2000

if (process.env['FAMILIAR_PRIVATE_NETWORK'] !== '1') process.exit(inside())

const rounds = Number(process.argv[2] ?? 7)
const home = realpathSync(mkdtempSync(join(tmpdir(), 'spec-kitty-bench-')))
const project = join(home, 'project')
writeRealisticProject(project)
/** The last mission, which is in work. */
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
  for (let round = 0; round < rounds; round += 1) await measureDaemon()
  for (const [what, fragment, selector, count] of views()) {
    const { url } = start()
    await measureCold(what, url, fragment, selector, count)
    run('--stop')
  }
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

/** The views that are timed: what, the fragment of the URL, and what they show of what, at least. */
function views() {
  return /** @type {const} */ ([
    ['the first rows of Now', '#/', '.now-row', 1],
    [`${MISSIONS} rows of the list`, '#/missions', '.mission-row', MISSIONS],
    [`${PACKAGES} cards of a board`, `#/missions/${MISSION}`, '[data-card]', PACKAGES],
  ])
}

/** @param {string} what @param {string} url @param {string} fragment @param {string} selector @param {number} count */
async function measureCold(what, url, fragment, selector, count) {
  const page = await browser.newPage()
  add(`cold: from navigation to ${what}`, await timeView(page, `${url}${fragment}`, selector, count))
  await page.close()
}

/** @param {string} url @param {number} round */
async function measurePage(url, round) {
  const page = await browser.newPage()
  for (const [what, fragment, selector, count] of views())
    add(
      `from navigation to ${what}`,
      await timeView(page, `${url}?view=${fragment.length}-${round}${fragment}`, selector, count),
    )
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

/** @param {readonly number[]} values @param {number} share */
function quantile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN
}
