// @ts-check
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileName } from './file-name.mjs'

/** @typedef {{ port: number, token: string, pid?: number, lines?: 3 | 4 }} RecordFields */

/**
 * Writes the predecessor's record of a root's sync daemon, mode 0600, and returns its path. Three lines
 * are the older form, without a pid.
 *
 * @param {string} root @param {RecordFields} fields
 */
export function writeSyncRecord(root, fields) {
  return writeRecord(join(root, 'sync-daemon'), 'localhost', fields)
}

/**
 * Writes the predecessor's record of a project's dashboard, mode 0600, and returns its path.
 *
 * @param {string} project @param {RecordFields} fields
 */
export function writeDashboardRecord(project, fields) {
  return writeRecord(join(project, '.kittify', '.dashboard'), '127.0.0.1', fields)
}

/** @param {string} path @param {string} host @param {RecordFields} fields */
function writeRecord(path, host, { port, token, pid, lines = pid === undefined ? 3 : 4 }) {
  const text = [`http://${host}:${port}`, port, token, ...(lines === 4 ? [pid] : [])].join('\n')
  mkdirSync(fileName(dirname(path)), { recursive: true })
  writeFileSync(fileName(path), `${text}\n`, { mode: 0o600 })
  chmodSync(fileName(path), 0o600)
  return path
}
