// @ts-check
/**
 * `npm run screenshots`: creates the screenshots in the documentation. Starts real dashboards of example projects and
 * captures their views with a Chromium into docs/images. Takes a minute, because a stale daemon is at least half a minute
 * old.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { spawnPredecessor, stopAll } from '../stand-ins/predecessor.mjs'
import { findChromium, launchChromium } from './chromium.mjs'
import { writeExampleProject, writeLargeProject } from './example-projects.mjs'
import { inPrivateNetwork } from './private-network.mjs'

/** @typedef {{ project: 'example' | 'large' | 'empty', view: string, shown: string }} View */

const CLI = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url))
const MAX_BYTES = 160_000

/** The minimum age of a stale daemon: a younger daemon of the predecessor may count as starting. */
const STALE_AFTER_MS = 32_000

const MISSION = '#/missions/002-offline-queue'

/** @type {Readonly<Record<string, View>>} */
const VIEWS = {
  now: { project: 'example', view: '#/', shown: '.now-row' },
  missions: { project: 'example', view: '#/missions', shown: '.mission-row' },
  board: { project: 'example', view: MISSION, shown: '[data-card]' },
  prompt: { project: 'example', view: `${MISSION}?card=WP06`, shown: 'dialog [data-testid=document]' },
  document: { project: 'example', view: `${MISSION}/spec.md`, shown: '[data-testid=document]' },
  graph: { project: 'example', view: `${MISSION}?as=graph`, shown: '.box' },
  flow: { project: 'example', view: '#/flow/002-offline-queue', shown: '.chart' },
  empty: { project: 'empty', view: '#/missions', shown: '.notice' },
  many: { project: 'large', view: '#/missions', shown: '.mission-row' },
  daemons: { project: 'example', view: '#/daemons', shown: 'article' },
}

/** @type {readonly (readonly [view: string, width: number, theme: 'light' | 'dark'])[]} */
const PICTURES = [
  ...['now', 'missions', 'board', 'prompt', 'document', 'empty', 'many', 'daemons'].flatMap((view) => [
    /** @type {const} */ ([view, 1280, 'light']),
    /** @type {const} */ ([view, 400, 'light']),
  ]),
  ...['now', 'missions', 'board', 'prompt', 'document', 'daemons'].map(
    (view) => /** @type {const} */ ([view, 1280, 'dark']),
  ),
  ['graph', 1280, 'light'],
  ['flow', 1280, 'light'],
  ['board', 800, 'light'],
  ['board', 400, 'dark'],
]

const chromium = findChromium()
if (chromium === null) throw new Error('there is no chromium in PATH, and CHROMIUM_PATH names none')
const inside = process.env['FAMILIAR_PRIVATE_NETWORK'] === '1' ? null : inPrivateNetwork(process.argv)
if (inside !== null)
  process.exit(spawnSync(inside[0] ?? '', inside.slice(1), { stdio: 'inherit' }).status ?? 1)

// The path is visible in the pictures, so it is fixed; mkdirSync fails if it already exists.
const home = join(tmpdir(), 'spec-kitty-screenshots')
const root = join(home, '.spec-kitty')
const projects = {
  example: join(home, 'atlas'),
  large: join(home, 'archive'),
  empty: join(home, 'new-project'),
}
mkdirSync(home)
try {
  writeExampleProject(projects.example)
  writeLargeProject(projects.large, 100, 30)
  mkdirSync(join(projects.empty, '.kittify'), { recursive: true })
  await takeAll(await startDaemons())
} finally {
  for (const project of Object.values(projects)) run(project, ['dashboard', '--stop'])
  run(home, ['sync', 'stop'])
  await stopAll()
  rmSync(home, { recursive: true, force: true })
}

/** @returns {Promise<Readonly<Record<View['project'], string>>>} */
async function startDaemons() {
  const urls = Object.entries(projects).map(([name, project]) => [name, run(project, ['dashboard']).trim()])
  run(home, ['sync', 'start'])
  await spawnPredecessor({ family: 'sync', port: 9402, version: '3.2.4', root })
  await spawnPredecessor({ family: 'sync', port: 9403, version: '3.2.2', root, marker: false })
  return Object.fromEntries(urls)
}

/** @param {Readonly<Record<View['project'], string>>} urls */
async function takeAll(urls) {
  const stale = sleep(STALE_AFTER_MS)
  mkdirSync(IMAGES, { recursive: true })
  const browser = await launchChromium(chromium ?? '')
  try {
    for (const [name, width, theme] of PICTURES) {
      const view = VIEWS[name]
      if (view === undefined) throw new Error(`there is no view ${name}`)
      if (name === 'daemons') {
        await stale
        run(projects.empty, ['dashboard', '--stop'])
      }
      await take(browser, `${urls[view.project]}${view.view}`, view.shown, { name, width, theme })
    }
  } finally {
    await browser.close()
  }
}

/**
 * @param {import('playwright-core').Browser} browser @param {string} url @param {string} shown
 * @param {{ name: string, width: number, theme: 'light' | 'dark' }} picture
 */
async function take(browser, url, shown, { name, width, theme }) {
  const page = await browser.newPage({
    viewport: { width, height: 800 },
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en',
  })
  await page.goto(url)
  await page.locator(shown).first().waitFor()
  await page.locator('[data-testid=connection][data-state=open]').waitFor()
  const path = join(IMAGES, `${name}-${width}-${theme}.png`)
  // The daemons that need a decision are listed below the live one, so the full page is captured.
  const fullPage = name === 'daemons' && width > 400
  await page.screenshot({ path, fullPage, animations: 'disabled', caret: 'hide' })
  await page.close()
  const { size } = statSync(path)
  console.log(`${path}  ${Math.round(size / 1000)} kB`)
  if (size > MAX_BYTES) throw new Error(`${path} is larger than ${MAX_BYTES} bytes`)
}

/** @param {string} cwd @param {readonly string[]} args */
function run(cwd, args) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, SPEC_KITTY_HOME: root }
  return execFileSync(process.execPath, [CLI, ...args], { cwd, env, encoding: 'utf8' })
}
