import { spawn } from 'node:child_process'
import type { Io } from 'familiar/cli'

/** The command that opens a URL in the user's browser, by operating system. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

/** Most openers pass the URL on and exit. One that still runs after this time is the browser itself, which counts as success. */
const OPENED_MS = 1_000

/**
 * Opens the URL with `BROWSER` if that is set, otherwise with the system's opener. Returns false if that fails. (`spawn`
 * throws some errors and emits others.) The browser belongs to the user, so it gets the whole environment.
 */
export function openInBrowser(url: string, env: Io['env']): Promise<boolean> {
  const [command, ...args] = env['BROWSER'] ? [env['BROWSER']] : (OPENERS[process.platform] ?? ['xdg-open'])
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
