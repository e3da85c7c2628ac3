// @ts-check
'use strict'

/** What the predecessor reports about itself: its health reply, and the owner file that all daemons of a root share. */

const fs = require('node:fs')
const { dirname, join } = require('node:path')
const { ascii } = require('./predecessor-wire.cjs')
const { isFrom } = require('./predecessor-differences.cjs')

/**
 * @typedef {'ignore-term' | 'close-then-hang' | 'deaf'} Behaviour
 * @typedef {{ family: 'sync' | 'dashboard', port: number, version: string, root?: string | undefined,
 *   project?: string | undefined, token: string, bind: string, ipv6Only: boolean, silentPort: number | null,
 *   behaviour?: Behaviour | undefined, health: Json, owner: boolean, keepChild: boolean | 'fork',
 *   endCpuMs: number, endSleepMs: number, startedAt?: string }} Config
 * @typedef {Record<string, unknown>} Json
 */

/**
 * Returns the current health payload. A null in `config.health` removes the key.
 *
 * @param {Config} config
 */
function health(config) {
  const payload = config.family === 'sync' ? syncHealth(config) : dashboardHealth(config)
  return merge(payload, config.health)
}

/** @param {Config} config @returns {Json} */
function syncHealth(config) {
  const selfReports = isFrom(config.version, '3.2.4')
  const owner = selfReports ? ownBlock(config) : sharedBlock(config)
  return {
    status: 'ok',
    token: config.token,
    ...(selfReports && { daemon_family: 'sync', singleton_scope_id: config.root }),
    protocol_version: 1,
    package_version: isFrom(config.version, '3.2.0rc0') ? config.version : 'unknown',
    sync: { running: true, last_sync: null, consecutive_failures: 0 },
    websocket_status: 'Offline',
    ...(owner && { owner: { ...owner, token: '<redacted>' } }),
  }
}

/** @param {Config} config @returns {Json} */
function dashboardHealth(config) {
  return {
    status: 'ok',
    project_path: config.project,
    sync: { running: false, last_sync: null, consecutive_failures: 0 },
    websocket_status: 'Offline',
    token: config.token,
  }
}

/** @param {Config} config @returns {Json} */
function ownBlock(config) {
  return {
    pid: process.pid,
    port: config.port,
    token: config.token,
    package_version: config.version,
    executable_path: '/usr/bin/python3.11',
    source_checkout_path: '/home/dev/.local/pipx/venvs/spec-kitty-cli',
    server_url: 'https://sync.example.com',
    auth_principal: null,
    auth_team: null,
    auth_scope: null,
    queue_db_path: join(config.root ?? '/', 'queue.db'),
    started_at: config.startedAt,
  }
}

/**
 * Returns the current content of the shared owner file, with the payload's keys in its order; undefined if there is none.
 *
 * @param {Config} config
 */
function sharedBlock(config) {
  try {
    /** @type {unknown} */
    const told = JSON.parse(fs.readFileSync(ownerPath(config), 'utf8'))
    if (!isObject(told)) return undefined
    const keys = Object.keys(ownBlock(config)).filter((key) => Object.hasOwn(told, key))
    return Object.fromEntries(keys.map((key) => [key, told[key]]))
  } catch {
    return undefined
  }
}

/**
 * Writes the shared owner file (mode 0600, by rename, so the last writer wins) and creates the log.
 *
 * @param {Config} config
 */
function writeOwner(config) {
  const path = ownerPath(config)
  const sorted = Object.fromEntries(Object.entries(ownBlock(config)).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  fs.mkdirSync(dirname(path), { recursive: true })
  fs.writeFileSync(`${path}.${process.pid}`, `${ascii(JSON.stringify(sorted, null, 2))}\n`, { mode: 0o600 })
  fs.renameSync(`${path}.${process.pid}`, path)
  fs.appendFileSync(join(config.root ?? '/', 'sync-daemon.log'), '')
}

/**
 * Removes the shared owner file: up to 3.2.3 whichever process it names, later only if it names this one. The other
 * daemons of the root then have none.
 *
 * @param {Config} config
 */
function removeOwner(config) {
  if (!config.owner) return
  const isOwn = sharedBlock(config)?.['pid'] === process.pid
  if (isOwn || !isFrom(config.version, '3.2.4')) fs.rmSync(ownerPath(config), { force: true })
}

/** @param {Config} config */
function ownerPath(config) {
  return join(config.root ?? '/', 'sync', 'daemon', 'owner.json')
}

/** @param {Json} base @param {Json} changes @returns {Json} */
function merge(base, changes) {
  const merged = { ...base }
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete merged[key]
    else merged[key] = key === 'owner' && isObject(value) ? merge(asObject(merged[key]), value) : value
  }
  return merged
}

/** @param {unknown} value @returns {value is Json} */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @param {unknown} value */
function asObject(value) {
  return isObject(value) ? value : {}
}

module.exports = { health, writeOwner, removeOwner }
