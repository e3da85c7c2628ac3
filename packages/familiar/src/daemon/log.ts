import { closeSync, fstatSync, lstatSync, readSync, renameSync } from 'node:fs'
import { openLogFile } from '../act/log-file.js'
import { writeWhole } from '../act/safe-file.js'
import type { JsonObject } from '../json.js'

/** A log of this size is renamed to `.1`, and the previous `.1` to `.2`. */
export const LOG_BYTES = 1024 * 1024

const NEWLINE = 0x0a

/** A daemon's log: one JSON object per line. */
export interface Log {
  readonly path: string
  write(event: string, more?: JsonObject): void
}

/**
 * Returns a log that opens its file (0600) for each line, and rotates it when it has grown. If the log cannot be written,
 * or its path is a symlink, a FIFO or a device, the line is dropped without an error and the daemon continues its work.
 */
export function openLog(path: string): Log {
  return {
    path,
    write: (event, more = {}) => {
      try {
        rotate(path)
        append(path, `${JSON.stringify({ at: new Date().toISOString(), event, ...more })}\n`)
      } catch {
        // A full disk must not end a daemon whose work does not depend on it.
      }
    },
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

function rotate(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isFile() !== true || found.size < LOG_BYTES) return
  if (lstatSync(`${path}.1`, { throwIfNoEntry: false }) !== undefined) renameSync(`${path}.1`, `${path}.2`)
  renameSync(path, `${path}.1`)
}
