import { closeSync, fstatSync, ftruncateSync, lstatSync, openSync, readSync, renameSync } from 'node:fs'
import { openLogFile } from '../act/open-log-file.js'
import { writeWhole } from '../act/safe-file.js'
import { oneLine } from '../errors.js'
import { objectOf, type JsonObject } from '../json.js'

/** The size at which the content of a log is moved to `.1`, and the previous `.1` is renamed to `.2`. */
export const LOG_BYTES = 1024 * 1024

const NEWLINE = 0x0a

/** A daemon's log: one JSON object per line. */
export interface Log {
  readonly path: string
  /**
   * Adds an entry: the time, the event and the other members. An error among them is written with its message and stack.
   * If a member cannot be expressed in JSON (a cycle), the entry contains only the names of its members, and the cause in
   * `not_written`.
   */
  write(event: string, more?: JsonObject): void
  /** Rotates the log if it has become too large through the output of the process on stderr. */
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

/**
 * Returns the line of one entry. Its time and event cannot be replaced by members. If it cannot be expressed in JSON, the
 * entry says so.
 */
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

/** JSON would write an error as an empty object, and fails on a large integer. */
function plain(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (!(value instanceof Error)) return value
  const { name, message, stack, cause, ...rest } = value
  return { name, message, stack, ...(cause === undefined ? {} : { cause }), ...rest }
}

/** Ignores a full disk, which must not end a daemon whose work does not depend on it. */
function unlessFull(write: () => void): void {
  try {
    write()
  } catch {
    // The next line is tried again.
  }
}

/** Logs the error with which a request failed. Omits the query, because it may contain secrets. */
export function logFailure(
  log: Pick<Log, 'write'>,
  event: string,
  { method, url = '' }: { readonly method?: string | undefined; readonly url?: string | undefined },
  error: unknown,
): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  log.write(event, { method, path: url.split('?')[0], why: message, stack })
}

/** A full disk may have truncated the last line. Start the new entry on its own line, or it would be unreadable too. */
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
 * Moves the content of a log that has grown too large to `.1`. Copies it instead of renaming the file: stderr, with the
 * traces of crashes, is connected to this file for as long as the process lives, and Node cannot reopen it. If stderr has
 * flooded the log, only its end is kept.
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

/** Returns the last lines of a log, or the whole log if it was not flooded. */
function endOf(descriptor: number): Buffer {
  const { size } = fstatSync(descriptor)
  const end = Buffer.alloc(Math.min(size, 2 * LOG_BYTES))
  const read = end.subarray(0, readSync(descriptor, end, 0, end.length, size - end.length))
  return size === end.length ? read : read.subarray(read.indexOf(NEWLINE) + 1)
}
