import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { findChromium, findHeadlessChromium, launchChromium } from '../../../../scripts/chromium.mjs'
import { CLI, smallEnvironment, withoutWaits, type Ran } from './cli.js'
import { isAlive, listenersOn, startTicksOf } from './machine.js'

export interface BrowserOptions {
  /** Further arguments of the browser. */
  readonly more?: readonly string[]
  /** Whether a tab behind another one must count as hidden. */
  readonly hasWindows?: boolean
}

/** Returns whether a file's tests must be skipped because there is no browser, and says so. */
export function lacksChromium(options: BrowserOptions = {}): boolean {
  const isMissing = chromiumFor(options) === null
  if (isMissing) {
    console.log('SKIPPED: no chromium in PATH, and CHROMIUM_PATH names none: the page is not tested')
  }
  return isMissing
}

export function startBrowser(options: BrowserOptions = {}): Promise<Browser> {
  const chromium = chromiumFor(options)
  if (chromium === null) throw new Error('there is no browser')
  return launchChromium(chromium, options.more)
}

function chromiumFor({ hasWindows = false }: BrowserOptions): string | null {
  return hasWindows ? findChromium() : findHeadlessChromium()
}

/** A page of its own, and everything that it complains of: errors and warnings of its console, uncaught errors. */
export interface Opened {
  readonly page: Page
  readonly complaints: readonly string[]
}

/** What is not so after this time hangs. */
const HUNG_MS = 90_000

/** For `expect.poll`, which gives up after a second where it is not told otherwise. */
export const PATIENT = { timeout: HUNG_MS }

const WIDE = { width: 1280, height: 800 }

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: WIDE, ...options })
  context.setDefaultTimeout(HUNG_MS)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`uncaught: ${String(error)}`))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  return { page, complaints }
}

/** Resolves when the page has its event stream: from here on, changes are told to it. */
export async function untilLive(page: Page): Promise<void> {
  await page.locator('[data-testid=connection][data-state=open]').waitFor()
}

/** Returns how many pixels of the page do not fit into the width of the window. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

/** A dashboard that the command started. */
export interface Dashboard {
  readonly project: string
  readonly pid: number
  readonly ticks: string
  readonly port: number
  /** Ends with a slash. */
  readonly url: string
}

/** A runtime root of its own, and every daemon that commands start with it. */
export interface BrowserTestEnv {
  readonly root: string
  /** Runs `spec-kitty` in a project. */
  run(project: string, args: readonly string[]): Promise<Ran>
  /** `spec-kitty dashboard`, which must work; the project is made one where it is none. */
  start(project: string, args?: readonly string[]): Promise<Dashboard>
  /** Ends every daemon that was started, and removes the root. Fails when anything of it is left. */
  end(): Promise<void>
}

/** Makes the root's directory, so: in `beforeAll`, which skipped tests do not run. */
export function makeBrowserTestEnv(): BrowserTestEnv {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'spec-kitty-desk-')))
  const root = join(base, 'root')
  const projects = new Set<string>()
  const run: BrowserTestEnv['run'] = (project, args) => {
    projects.add(project)
    return runIn(project, args, { SPEC_KITTY_HOME: root })
  }
  return {
    root,
    run,
    start: async (project, args = []) => {
      mkdirSync(join(project, '.kittify'), { recursive: true })
      const { status, stdout, stderr } = await run(project, ['dashboard', '--json', ...args])
      expect([status, stderr]).toEqual([0, ''])
      const { pid, port, url } = JSON.parse(stdout)
      return { project, pid, port, url, ticks: startTicksOf(pid) ?? 'gone' }
    },
    end: async () => {
      const left = await endDaemons([base, ...projects])
      rmSync(base, { recursive: true, force: true })
      expect(left).toEqual([])
    },
  }
}

function runIn(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  const options = { cwd, env: smallEnvironment(env), timeout: HUNG_MS }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [CLI, ...args], options, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, ...withoutWaits(stderr) }),
    )
  })
}

/** Ends the daemons whose command line names one of these directories, and returns those that are still there. */
async function endDaemons(directories: readonly string[]): Promise<readonly string[]> {
  const daemons = daemonsNaming(directories)
  for (const { pid, ticks } of daemons) if (isAlive(pid, ticks)) process.kill(pid, 'SIGKILL')
  for (let waited = 0; waited < 200 && daemonsNaming(directories).length > 0; waited += 1) await sleep(50)
  return daemonsNaming(directories).map(({ line }) => line)
}

function daemonsNaming(directories: readonly string[]) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), ticks: startTicksOf(Number(name)) ?? '', line: lineOf(name) }))
    .filter(({ ticks, line }) => {
      const isOurs = line.includes('/spec-kitty-daemon.js ')
      return ticks !== '' && isOurs && directories.some((directory) => line.includes(`=${directory}`))
    })
}

function lineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** Returns whether the dashboard is still the process that was started, and listens on its port. */
export function isServing({ pid, ticks, port }: Dashboard): boolean {
  return isAlive(pid, ticks) && listenersOn(port, port + 1).length === 1
}
