import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { errnoOf, FamiliarError } from '../errors.js'
import { objectOf, parseJson } from '../identity/narrow.js'
import type { OwnRecord } from '../identity/record.js'
import { readSmallFile } from '../observe/peek.js'
import { prepareOwnPlace } from './own-place.js'
import type { HeldLock } from './lock.js'

/**
 * Writes the record of the scope whose daemon lock is held: 0600 from the first byte, whole or not at all. Throws
 * `E_SCOPE_UNUSABLE` when it cannot be written.
 */
export function writeRecord(lock: HeldLock, path: string, record: OwnRecord): void {
  lock.assertHeld()
  const temporary = join(dirname(path), `.record-${randomBytes(6).toString('hex')}`)
  try {
    prepareOwnPlace(path)
    writeNew(temporary, formatRecord(record))
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    if (error instanceof FamiliarError) throw error
    const hint = `make ${dirname(path)} a directory that this user can write to, with space left`
    const why = errnoOf(error) ?? String(error)
    throw new FamiliarError('E_SCOPE_UNUSABLE', `cannot write the record ${path}: ${why}`, {
      hint,
      cause: error,
    })
  }
}

/** Returns the text of a record. */
export function formatRecord(record: OwnRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`
}

/**
 * Moves what stands in the place of the record aside, under a name that says why and when, so that nothing is lost.
 * Returns the new name, null when there was nothing.
 */
export function setAside(
  lock: HeldLock,
  path: string,
  why: 'corrupt' | 'replaced' = 'corrupt',
): string | null {
  lock.assertHeld()
  const aside = `${path}.${why}-${new Date().toISOString().replaceAll(':', '')}`
  try {
    renameSync(path, aside)
    return aside
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null
    throw error
  }
}

/** Marks the record stopped, only if it still names this process. Returns whether it did. */
export function markStopped(
  lock: HeldLock,
  path: string,
  named: Pick<OwnRecord, 'pid' | 'birth'>,
  reason: string,
): boolean {
  const found = objectOf(parseJson(textOf(path)))
  if (found === null || found['pid'] !== named.pid || found['birth'] !== named.birth) return false
  if (found['state'] !== 'running') return false
  const stopped = { state: 'stopped', stop_reason: reason, stopped_at: new Date().toISOString() } as const
  writeRecord(lock, path, { ...(found as unknown as OwnRecord), ...stopped })
  return true
}

function textOf(path: string): string {
  const found = readSmallFile(path)
  return found.state === 'text' ? found.text : ''
}

function writeNew(path: string, text: string): void {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
