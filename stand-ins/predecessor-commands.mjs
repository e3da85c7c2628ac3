// @ts-check
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Imitates commands of the Python predecessor: what they do to a machine and to our own daemons on it. They signal
 * without proof, so each gets a list of the only processes that it may signal: those that the test itself started.
 *
 * @typedef {{ pid: number, port: number }} Victim
 */

const STEP_MS = 1000
const SOON_MS = 20

/**
 * `auth doctor --reset` of 3.2.2 and 3.2.3: every process that answers on a port of the range with a health reply of its
 * kind, unless the predecessor's record names the port, is asked to exit, then gets SIGTERM, then SIGKILL. It checks no
 * command line. Returns the pids that it ended.
 *
 * @param {string} root @param {readonly Victim[]} victims
 */
export async function authDoctorReset(root, victims) {
  const recorded = recordIn(join(root, 'sync-daemon'))
  const orphans = victims.filter(({ port }) => port !== recorded?.port)
  const ended = orphans.map(async ({ pid, port }) => {
    const health = await ask(port, 'GET', '/api/health')
    if (health?.['status'] !== 'ok' || health['package_version'] === undefined) return []
    await ask(port, 'POST', '/api/shutdown', { token: health['token'] ?? '' })
    for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
      if (await isGone(pid, signal === 'SIGTERM' ? 0 : STEP_MS)) break
      send(pid, signal)
    }
    await isGone(pid, STEP_MS)
    return [pid]
  })
  return (await Promise.all(ended)).flat()
}

/**
 * The start of any command that needs a sync daemon: a record is stale if its daemon does not answer on its port with its
 * token. Then the recorded pid gets SIGKILL, whichever process has it by now, and the record is removed. Returns the pid
 * that it ended.
 *
 * @param {string} root @param {readonly Victim[]} victims
 */
export async function ensureSyncDaemon(root, victims) {
  const path = join(root, 'sync-daemon')
  const recorded = recordIn(path)
  if (recorded === null) return null
  const health = await ask(recorded.port, 'GET', '/api/health')
  if (health?.['token'] === recorded.token) return null
  const victim = victims.find(({ pid }) => pid === recorded.pid)
  if (victim !== undefined) {
    send(victim.pid, 'SIGKILL')
    await isGone(victim.pid, STEP_MS)
  }
  rmSync(path, { force: true })
  return victim?.pid ?? null
}

/**
 * `dashboard` when every port of the range is taken: every process that answers as a dashboard, of any project, gets
 * SIGKILL. Returns the pids that it ended.
 *
 * @param {readonly Victim[]} victims
 */
export async function startDashboardInFullRange(victims) {
  const ended = victims.map(async ({ pid, port }) => {
    const health = await ask(port, 'GET', '/api/health')
    if (health?.['status'] !== 'ok' || health['project_path'] === undefined) return []
    send(pid, 'SIGKILL')
    await isGone(pid, STEP_MS)
    return [pid]
  })
  return (await Promise.all(ended)).flat()
}

/**
 * `dashboard --stop`: asks the recorded dashboard to exit, and removes the record whatever the outcome.
 *
 * @param {string} project
 */
export async function stopDashboard(project) {
  const path = dashboardRecord(project)
  const recorded = recordIn(path)
  if (recorded !== null) await ask(recorded.port, 'POST', '/api/shutdown', { token: recorded.token })
  rmSync(path, { force: true })
}

/**
 * What every dashboard command does first: it removes a record that it cannot read.
 *
 * @param {string} project
 */
export function readDashboardRecord(project) {
  const path = dashboardRecord(project)
  if (recordIn(path) === null) rmSync(path, { force: true })
}

/** @param {string} project */
function dashboardRecord(project) {
  return join(project, '.kittify', '.dashboard')
}

/** Parses the lines of a record (url, port, token, pid); null if it is not one. @param {string} path */
function recordIn(path) {
  try {
    const [url = '', port = '', token = '', pid = ''] = readFileSync(path, 'utf8').split('\n')
    return url.startsWith('http:') && /^\d+$/.test(port)
      ? { port: Number(port), token, pid: Number(pid) }
      : null
  } catch {
    return null
  }
}

/**
 * @param {number} port @param {string} method @param {string} path @param {object} [body]
 * @returns {Promise<Record<string, unknown> | null>}
 */
async function ask(port, method, path, body) {
  try {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(5 * STEP_MS),
    })
    return /** @type {Record<string, unknown>} */ (await reply.json())
  } catch {
    return null
  }
}

/** @param {number} pid @param {'SIGTERM' | 'SIGKILL' | 0} signal */
function send(pid, signal) {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** Returns whether the process is gone within `ms`. @param {number} pid @param {number} ms */
async function isGone(pid, ms) {
  for (const end = performance.now() + ms; send(pid, 0); await sleep(SOON_MS)) {
    if (performance.now() >= end) return false
  }
  return true
}
