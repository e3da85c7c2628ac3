import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync } from 'node:fs'
import { errnoOf, throwLack } from '../errors.js'
import { fileNameOf } from '../identity/path-text.js'

export type PeekedFile =
  | { readonly state: 'absent' }
  | { readonly state: 'text'; readonly text: string }
  | { readonly state: 'unreadable'; readonly why: string }

/** A record has a few hundred bytes. A larger file is not a record. */
const MAX_RECORD_BYTES = 64 * 1024

/**
 * Flags for opening a file that another process may have prepared: do not follow a symlink, and do not block on a FIFO.
 * (Windows has neither flag.)
 */
export const CAREFUL = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Options for reading a small file. */
export interface SmallFile {
  readonly maxBytes?: number
  /** True if users may replace the file by a symlink to another location of theirs. The symlink is then followed. */
  readonly mayBeLink?: boolean
}

/**
 * Returns the text of a regular file owned by this user or root, or why it could not be read. A file larger than
 * `maxBytes` (default 64 KiB), a symlink (unless `mayBeLink`), a FIFO, a device and another user's file are unreadable.
 * Never blocks on a FIFO. Throws only `E_RESOURCES`.
 */
export function readSmallFile(path: string, { maxBytes, mayBeLink }: SmallFile = {}): PeekedFile {
  let descriptor: number | null = null
  try {
    const place = mayBeLink === true ? realpathSync.native(fileNameOf(path), 'buffer') : fileNameOf(path)
    const found = lstatSync(place)
    if (found.isSymbolicLink()) return { state: 'unreadable', why: 'it is a link' }
    if (!found.isFile()) return { state: 'unreadable', why: 'it is not a file' }
    descriptor = openSync(place, constants.O_RDONLY | CAREFUL)
    return readOpen(descriptor, maxBytes ?? MAX_RECORD_BYTES)
  } catch (error) {
    throwLack(error)
    return errnoOf(error) === 'ENOENT' ? { state: 'absent' } : unreadable(error)
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

function readOpen(descriptor: number, maxBytes: number): PeekedFile {
  const found = fstatSync(descriptor)
  if (!found.isFile()) return { state: 'unreadable', why: 'it is not a file' }
  const user = process.geteuid?.()
  if (user !== undefined && found.uid !== user && found.uid !== 0) {
    return { state: 'unreadable', why: `it belongs to another user (${found.uid})` }
  }
  if (found.size > maxBytes) return { state: 'unreadable', why: 'it is too large' }
  const buffer = Buffer.alloc(Math.min(found.size, maxBytes))
  let length = 0
  while (length < buffer.length) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, length)
    if (read === 0) break
    length += read
  }
  return { state: 'text', text: buffer.toString('utf8', 0, length) }
}

function unreadable(error: unknown): PeekedFile {
  return { state: 'unreadable', why: errnoOf(error) ?? String(error) }
}
