import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  renameSync,
  rmSync,
  type BigIntStats,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { crypto } from '../protocol/crypto.js'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import { fileId } from '../identity/file-id.js'
import { objectOf, parseJson } from '../json.js'
import type { ProcessName } from '../protocol/lock-holder.js'
import type { OwnRecord } from '../protocol/record.js'
import { readSmallFile, type PeekedFile } from '../observe/small-file.js'
import { prepareOwnPlace } from './own-place.js'
import type { HeldLock } from './acquire-lock.js'
import { keepCopy, type Why } from './quarantine.js'
import { openRegular, removeLeftover, writeNewFile, writeWhole } from './safe-file.js'
import { writeHint } from './write-hint.js'

/**
 * Identifies a file and its state: `file` changes with its content, `access` with its permissions or owner. Null if there
 * is no file, or if its state cannot be read.
 */
export type Stamp = { readonly file: string; readonly access: string } | null

/** What was found at the path of a record. */
export interface RecordOnDisk {
  readonly file: PeekedFile
  readonly stamp: Stamp
}

/** The result of a write: the stamp of the new file, and the path of the copy of the old one, if one was kept. */
export interface Written {
  readonly stamp: Stamp
  readonly aside: string | null
}

/**
 * Writes the record of the scope, atomically, with 0600 from the first byte. The daemon lock must be held. If the old
 * record is damaged (`isDamaged`), keeps a copy of it. Throws `E_SCOPE_UNUSABLE` if the record cannot be written,
 * `E_RESOURCES` for lack of descriptors or memory. After an error the old record is unchanged (but a damaged one may
 * have been moved aside), and no temporary file is left.
 */
export function writeRecord(lock: HeldLock, path: string, record: OwnRecord, isDamaged = false): Written {
  lock.assertHeld()
  const temporary = join(dirname(path), `.record-${crypto().randomBytes(6).toString('hex')}`)
  try {
    prepareOwnPlace(path)
    writeNewFile(temporary, formatRecord(record))
    const stamp = stampOf(lstatSync(temporary, { bigint: true }))
    const aside = isDamaged ? (keepCopy(path, 'corrupt')?.aside ?? null) : null
    renameSync(temporary, path)
    return { stamp, aside }
  } catch (error) {
    removeLeftover(temporary)
    throw unwritable(path, error)
  }
}

/** Returns the text of a record. */
export function formatRecord(record: OwnRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`
}

/**
 * Reads the file at the path of a record. A symlink, or anything else that is not a regular file, counts as unreadable.
 * Throws `E_RESOURCES` for lack of descriptors or memory, because then nothing is known about the record.
 */
export function readOnDisk(path: string): RecordOnDisk {
  try {
    const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (found === undefined) return { file: { state: 'absent' }, stamp: null }
    const file = found.isFile() ? readText(path) : ({ state: 'unreadable', why: 'it is not a file' } as const)
    return { file, stamp: stampOf(found) }
  } catch (error) {
    throwLack(error)
    if (error instanceof FamiliarError) throw error
    return { file: { state: 'unreadable', why: errnoOf(error) ?? String(error) }, stamp: null }
  }
}

function stampOf(found: BigIntStats): Stamp {
  const { size, mtimeNs, mode, uid } = found
  return { file: [fileId(found), size, mtimeNs].join(), access: [mode, uid].join() }
}

function readText(path: string): PeekedFile {
  const found = readSmallFile(path)
  if (found.state === 'unreadable') throwLack(Object.assign(new Error(found.why), { code: found.why }))
  return found
}

/**
 * Removes the file at the path of a record and keeps a copy without tokens (or moves it, see `keepCopy`). Returns the
 * path of the copy; null if there was no file. Throws `E_SCOPE_UNUSABLE` if the copy cannot be written; then the original
 * stays.
 */
export function quarantine(
  lock: HeldLock,
  path: string,
  why: Why = 'corrupt',
  token: string | null = null,
): string | null {
  lock.assertHeld()
  try {
    const kept = keepCopy(path, why, token)
    if (kept?.isMoved === false) rmSync(path, { force: true })
    return kept?.aside ?? null
  } catch (error) {
    throw unwritable(path, error)
  }
}

/**
 * Marks the record as stopped if it still names the given process as running. Returns whether it did. If no new file can
 * be written (a full disk), overwrites the old one in place, because a record that still says `running` would look like a
 * crash.
 */
export function markStopped(lock: HeldLock, path: string, named: ProcessName, reason: string): boolean {
  const { file } = readOnDisk(path)
  const found = file.state === 'text' ? objectOf(parseJson(file.text)) : null
  if (found === null || found['pid'] !== named.pid || found['birth'] !== named.startTime) return false
  if (found['state'] !== 'running') return false
  const stopped = { state: 'stopped', stop_reason: reason, stopped_at: new Date().toISOString() } as const
  const record = { ...(found as unknown as OwnRecord), ...stopped }
  try {
    writeRecord(lock, path, record)
  } catch (error) {
    if (!overwrite(path, record)) throw error
  }
  return true
}

/**
 * Overwrites the record in place with a text of the same length, which needs neither disk space nor a new file. Returns
 * whether it did. The text is written without line breaks. If the reason or the time still do not fit, they are left out.
 */
function overwrite(path: string, record: OwnRecord): boolean {
  try {
    const descriptor = openRegular(path, constants.O_RDWR)
    try {
      const { size } = fstatSync(descriptor)
      const texts = [record, { ...record, stop_reason: null, stopped_at: null }].map((one) =>
        JSON.stringify(one),
      )
      const text = texts.find((one) => Buffer.byteLength(one) < size)
      if (text === undefined) return false
      writeWhole(descriptor, `${text}${' '.repeat(size - Buffer.byteLength(text) - 1)}\n`, 0)
      fsyncSync(descriptor)
      return true
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // Return without this error: the error of the first write says more.
    return false
  }
}

function unwritable(path: string, error: unknown): Error {
  throwLack(error)
  if (error instanceof FamiliarError) return error
  const errno = errnoOf(error)
  return new FamiliarError('E_SCOPE_UNUSABLE', `cannot write the record ${path}: ${errno ?? String(error)}`, {
    hint: writeHint(dirname(path), errno),
    cause: error,
  })
}
