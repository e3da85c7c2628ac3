import { closeSync, constants, fstatSync, readSync } from 'node:fs'
import { openRegular } from './regular-file.js'

const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT

/**
 * Opens a log to append to it, making it (0600) where it is missing. Returns a descriptor; null where it cannot be opened, is
 * no regular file, or belongs to another user than this one or root. Never waits.
 */
export function openLogFile(path: string): number | null {
  return openFile(path, APPEND)
}

/** Returns the end of a log, at most so many bytes of it; an empty text where it cannot be read. Never waits. */
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

/** The log is left out where something else stands in its place. */
function openFile(path: string, flags: number): number | null {
  try {
    return openRegular(path, flags)
  } catch {
    return null
  }
}
