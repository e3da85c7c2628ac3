// @ts-check
import { fileURLToPath } from 'node:url'
import { start } from './started-processes.mjs'

export { stopAll } from './started-processes.mjs'

/**
 * @typedef {'silent' | 'drip' | 'big' | 'endless' | 'endless-headers' | 'redirect' | 'invalid-json' |
 *   'wrong-types' | 'reset' | 'full-backlog' | 'http' | 'mimic' | 'sleep'} HostileKind
 *
 * @typedef {import('./started-processes.mjs').Started & { kind: HostileKind, port: number }} Hostile
 */

const MAIN = fileURLToPath(new URL('hostile-main.mjs', import.meta.url))

/**
 * Starts a process that misbehaves on the port. Resolves when it listens (`sleep`: when it runs). Rejects with its
 * stderr if it ends before that; `exitCode` 98 means that the port is taken. `payload`: the health reply of a `mimic`,
 * or the port that a `redirect` points to. `delayMs`: the time before a reply, for `drip` the time between two bytes
 * (default 1000).
 *
 * @param {HostileKind} kind
 * @param {number} port
 * @param {{ host?: string, payload?: unknown, delayMs?: number }} options
 * @returns {Promise<Hostile>}
 */
export async function spawnHostile(kind, port, { host = '127.0.0.1', payload, delayMs } = {}) {
  const env = { HOSTILE: JSON.stringify({ payload, delayMs }) }
  const started = await start(process.execPath, [MAIN, kind, String(port), host], { env })
  return { ...started, kind, port }
}
