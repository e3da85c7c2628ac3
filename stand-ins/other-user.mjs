// @ts-check
import { chmodSync, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PRELOAD = 'predecessor.cjs'
const SOURCES = [
  PRELOAD,
  'predecessor-serve.cjs',
  'predecessor-wire.cjs',
  'predecessor-health.cjs',
  'predecessor-differences.cjs',
]

/**
 * Returns the path of the preload, and `release`, to be called once the preload is loaded. Another user gets a copy,
 * because the repository may be in a directory that only the current user can enter. Throws an error with the code
 * `STAND_IN_UNREACHABLE` if that user could not read a copy or could not run `node`.
 *
 * @param {number | undefined} uid @param {string} node
 */
export function preloadFor(uid, node) {
  const here = dirname(fileURLToPath(import.meta.url))
  if (uid === undefined || uid === process.getuid?.()) {
    return { preload: join(here, PRELOAD), release: () => {} }
  }
  demandOpen(node, uid)
  demandOpen(tmpdir(), uid)
  const copy = mkdtempSync(join(tmpdir(), 'stand-in-'))
  chmodSync(copy, 0o755)
  for (const name of SOURCES) {
    copyFileSync(join(here, name), join(copy, name))
    chmodSync(join(copy, name), 0o644)
  }
  return { preload: join(copy, PRELOAD), release: () => rmSync(copy, { recursive: true, force: true }) }
}

/**
 * Throws unless all users may run this file (or enter this directory) and enter every directory above it.
 *
 * @param {string} path @param {number} uid
 */
function demandOpen(path, uid) {
  for (let part = path; ; part = dirname(part)) {
    if ((statSync(part).mode & 0o001) === 0) {
      const error = new Error(`a stand-in cannot run as user ${uid}: ${part} is closed to other users`)
      throw Object.assign(error, { code: 'STAND_IN_UNREACHABLE' })
    }
    if (part === dirname(part)) return
  }
}
