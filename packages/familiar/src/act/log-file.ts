import { closeSync, constants, fstatSync, readSync } from 'node:fs'
import { openRegular } from './safe-file.js'

const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT

/**
 * Opens a log for appending and creates it (0600) if missing. Returns a file descriptor; null if the log cannot be opened,
 * is not a regular file, or belongs to another user than this one or root. Never waits.
 */
export function openLogFile(path: string): number | null {
  return openFile(path, APPEND)
}

/** Returns at most the last `bytes` bytes of a log; an empty string if it cannot be read. Never waits. */
export function endOfLog(path: string, bytes: number): string {
  const descriptor = openFile(path, constants.O_RDONLY)
  if (descriptor === null) return ''
  try {
    const { size } = fstatSync(descriptor)
    const buffer = Buffer.alloc(Math.min(size, bytes))
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
