import { closeSync, constants, fstatSync, readSync } from 'node:fs'
import { fileId } from '../identity/file-id.js'
import { openRegular } from './safe-file.js'

const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT

/**
 * Opens a log for appending and creates it (0600) if missing. Returns a file descriptor; null if the log cannot be
 * opened, is not a regular file, or belongs to a user other than this one or root. Never blocks.
 */
export function openLogFile(path: string): number | null {
  return openFile(path, APPEND)
}

/**
 * A position in a log: `bytes` from the beginning of this file. If the log was rotated meanwhile, the path leads to
 * another file, or the file is shorter.
 */
export interface LogPlace {
  readonly file: string
  readonly bytes: number
}

/** Returns the current end of an open log. */
export function placeInLog(descriptor: number): LogPlace {
  const found = fstatSync(descriptor, { bigint: true })
  return { file: fileId(found), bytes: Number(found.size) }
}

/**
 * Returns the last `bytes` bytes of what was written to a log after `since` (null: of the whole log); an empty string if
 * the log cannot be read. Never blocks.
 */
export function endOfLog(path: string, bytes: number, since: LogPlace | null = null): string {
  const descriptor = openFile(path, constants.O_RDONLY)
  if (descriptor === null) return ''
  try {
    const end = placeInLog(descriptor)
    const begin = since?.file === end.file && since.bytes <= end.bytes ? since.bytes : 0
    const buffer = Buffer.alloc(Math.min(end.bytes - begin, bytes))
    const at = end.bytes - buffer.length
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, buffer.length, at))
  } catch {
    return ''
  } finally {
    closeSync(descriptor)
  }
}

/** Returns null instead of throwing, because a missing log must not stop the work. */
function openFile(path: string, flags: number): number | null {
  try {
    return openRegular(path, flags)
  } catch {
    return null
  }
}
