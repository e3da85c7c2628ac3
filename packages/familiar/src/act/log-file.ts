import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs'

/** In the place of a log something else may stand: never follow a link, never wait for the other end of a FIFO. */
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

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

/** A device is not even opened: that alone may do something to it. */
function openFile(path: string, flags: number): number | null {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) return null
    const descriptor = openSync(path, flags | SAFELY, 0o600)
    if (isOwnFile(descriptor)) return descriptor
    closeSync(descriptor)
  } catch {
    // Whoever asked does without a log.
  }
  return null
}

function isOwnFile(descriptor: number): boolean {
  const found = fstatSync(descriptor)
  const user = process.geteuid?.()
  return found.isFile() && (user === undefined || found.uid === user || found.uid === 0)
}
