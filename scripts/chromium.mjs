// @ts-check
/** The browser for the tests, benchmarks and screenshots of the page: a Chromium that is already installed. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

const WITH_WINDOWS = ['chromium', 'chromium-browser', 'google-chrome']

/** A build that draws no windows, so a page takes a quarter of the processor time. All of its tabs count as visible. */
const WITHOUT_WINDOWS = ['chromium-headless-shell']

/** The browser makes no requests by itself, uses no proxy, and has no sandbox, because root cannot use one. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-proxy-server',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Returns the Chromium named by CHROMIUM_PATH, otherwise the first one in PATH; null if there is none. */
export function findChromium() {
  return find(WITH_WINDOWS)
}

/** Like `findChromium`, but prefers the build without windows. For uses that need no windows. */
export function findHeadlessChromium() {
  return find(WITHOUT_WINDOWS) ?? find(WITH_WINDOWS)
}

/** @param {readonly string[]} names */
function find(names) {
  const { CHROMIUM_PATH: named, PATH = '' } = process.env
  const places = PATH.split(delimiter).flatMap((directory) => names.map((name) => join(directory, name)))
  return [named ?? '', ...places].find((path) => path !== '' && isExecutable(path)) ?? null
}

/**
 * Starts a Chromium with a new, empty profile, which is removed when the browser is closed.
 *
 * @param {string} executablePath
 * @param {readonly string[]} [more]
 */
export function launchChromium(executablePath, more = []) {
  return chromium.launch({ executablePath, args: [...ARGUMENTS, ...more], timeout: 120_000 })
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
