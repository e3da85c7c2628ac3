// @ts-check
/** The browser that the page is tested, measured and photographed with: a Chromium that the machine brings. */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** No request of the browser's own; no proxy between it and a daemon; no sandbox, because root cannot have one. */
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

/** Returns the Chromium that CHROMIUM_PATH names, else the first in PATH; null where there is none. */
export function findChromium() {
  const { CHROMIUM_PATH: named, PATH = '' } = process.env
  const places = PATH.split(delimiter).flatMap((directory) => NAMES.map((name) => join(directory, name)))
  return [named ?? '', ...places].find((path) => path !== '' && isExecutable(path)) ?? null
}

/**
 * Starts a Chromium with an empty profile of its own, which is removed when it is closed.
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
