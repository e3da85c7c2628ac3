import { spawn } from 'node:child_process'
import { selectPlatform, type Platform } from 'familiar'
import type { Io } from './io.js'

/** What opens a URL in the user's browser, by system. */
const OPENERS: Readonly<Record<Platform['name'], readonly [string, ...string[]]>> = {
  linux: ['xdg-open'],
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** An opener hands over to the browser and ends; one that goes on is the browser itself. */
const OPENED_MS = 1_000

/**
 * Asks the system to open the URL; false when it cannot: Node tells some reasons later and throws others. `BROWSER` counts
 * where it is set. The browser is the user's own: it gets the whole environment.
 */
export async function openInBrowser(url: string, env: Io['env']): Promise<boolean> {
  const { name } = await selectPlatform()
  const [command, ...args] = env['BROWSER'] ? [env['BROWSER']] : OPENERS[name]
  return new Promise<boolean>((resolve) => {
    const child = spawn(command, [...args, url], { detached: true, stdio: 'ignore' })
    const timer = setTimeout(() => resolve(true), OPENED_MS)
    child.once('error', () => {
      clearTimeout(timer)
      resolve(false)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code === 0)
    })
    child.unref()
  }).catch(() => false)
}
