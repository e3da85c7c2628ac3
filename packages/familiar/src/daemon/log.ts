import { closeSync, fstatSync, ftruncateSync, lstatSync, openSync, readSync, renameSync } from 'node:fs'
import { openLogFile } from '../act/open-log-file.js'
import { writeWhole } from '../act/safe-file.js'
import { oneLine } from '../errors.js'
import { objectOf, type JsonObject } from '../json.js'

/** The content of a log of this size is moved to `.1`, and the previous `.1` is renamed to `.2`. */
export const LOG_BYTES = 1024 * 1024

const NEWLINE = 0x0a

/** A daemon's log: one JSON object per line. */
export interface Log {
  readonly path: string
  /**
   * Adds an entry: the time, the event and the rest. An error in it is written with its message and stack. Of what JSON
   * cannot express (a cycle), the entry has only the names, and why (`not_written`).
   */
  write(event: string, more?: JsonObject): void
  /** Rotates the log if what the process writes to stderr has made it too large. */
  limit(): void
}

/**
 * Returns a log that opens its file (0600) for each line, and rotates it when it has grown. If the log cannot be written,
 * or its path is a symlink, a FIFO or a device, the line is dropped without an error and the daemon continues its work.
 */
export function openLog(path: string): Log {
  const limit = (): void => unlessFull(() => rotate(path))
  return {
    path,
    limit,
    write: (event, more = {}) => {
      limit()
      unlessFull(() => append(path, `${lineOf(event, more)}\n`))
    },
  }
}

/** Returns one entry. The time and the event are the library's own, and an entry that JSON cannot express says so. */
function lineOf(event: string, more: unknown): string {
  const own = { at: new Date().toISOString(), event }
  const details = objectOf(more) ?? { value: more }
  try {
    return JSON.stringify({ ...own, ...details, ...own }, plain)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return JSON.stringify({ ...own, not_written: oneLine(why), names: Object.keys(details) })
  }
}

/** Of an error, JSON would write nothing, and a large integer it refuses. */
function plain(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause, ...rest } = value
  return { name, message, stack, ...(cause === undefined ? {} : { cause }), ...rest }
}

/** A full disk must not end a daemon whose work does not depend on it. */
function unlessFull(write: () => void): void {
  try {
    write()
  } catch {
    // The next line is tried again.
  }
}

/** Logs the error with which a request failed. The query is left out, because it may contain secrets. */
export function logFailure(
  log: Pick<Log, 'write'>,
  event: string,
  { method, url = '' }: { readonly method?: string | undefined; readonly url?: string | undefined },
  error: unknown,
): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  log.write(event, { method, path: url.split('?')[0], why: message, stack })
}

/** A full disk may have truncated the last line: the new one starts on its own line, or it would be unreadable too. */
function append(path: string, line: string): void {
  const descriptor = openLogFile(path)
  if (descriptor === null) return
  try {
    writeWhole(descriptor, endsWithLine(descriptor) ? line : `\n${line}`)
  } finally {
    closeSync(descriptor)
  }
}

function endsWithLine(descriptor: number): boolean {
  const { size } = fstatSync(descriptor)
  const last = Buffer.alloc(1)
  return size === 0 || readSync(descriptor, last, 0, 1, size - 1) === 0 || last[0] === NEWLINE
}

/**
 * Moves the content of a log that has grown to `.1`, by a copy: the daemon's stderr, with the traces of crashes, goes to this
 * very file for as long as the process lives, and Node cannot open it again. Of a log that stderr has flooded, only the end
 * is kept.
 */
function rotate(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isFile() !== true || found.size < LOG_BYTES) return
  const descriptor = openLogFile(path)
  if (descriptor === null) return
  try {
    const end = endOf(descriptor)
    if (lstatSync(`${path}.1`, { throwIfNoEntry: false }) !== undefined) renameSync(`${path}.1`, `${path}.2`)
    const copy = openSync(`${path}.1`, 'wx', 0o600)
    try {
      writeWhole(copy, end)
    } finally {
      closeSync(copy)
    }
    ftruncateSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Returns the last lines of a log: all of it, if it was not flooded. */
function endOf(descriptor: number): Buffer {
  const { size } = fstatSync(descriptor)
  const end = Buffer.alloc(Math.min(size, 2 * LOG_BYTES))
  const read = end.subarray(0, readSync(descriptor, end, 0, end.length, size - end.length))
  return size === end.length ? read : read.subarray(read.indexOf(NEWLINE) + 1)
}
