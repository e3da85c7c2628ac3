import { closeSync, constants, fstatSync, readSync, statSync } from 'node:fs'
import { openRegular } from './safe-file.js'

const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT

/**
 * Opens a log for appending and creates it (0600) if missing. Returns a file descriptor; null if the log cannot be opened,
 * is not a regular file, or belongs to another user than this one or root. Never waits.
 */
export function openLogFile(path: string): number | null {
  return openFile(path, APPEND)
}

/** Returns the size of a log in bytes; 0 if it cannot be read. */
export function sizeOfLog(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}

/**
 * Returns what a log has had since it was `from` bytes long, at most the last `bytes` bytes of it; an empty string if it
 * cannot be read. A log that is shorter now is a new one, and counts from its beginning. Never waits.
 */
export function endOfLog(path: string, bytes: number, from: number): string {
  const descriptor = openFile(path, constants.O_RDONLY)
  if (descriptor === null) return ''
  try {
    const { size } = fstatSync(descriptor)
    const buffer = Buffer.alloc(Math.min(size < from ? size : size - from, bytes))
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, buffer.length, size - buffer.length))
  } catch {
    return ''
  } finally {
    closeSync(descriptor)
  }
}

/** Returns null instead of throwing: without a usable log file, work goes on without a log. */
function openFile(path: string, flags: number): number | null {
  try {
    return openRegular(path, flags)
  } catch {
    return null
  }
}
