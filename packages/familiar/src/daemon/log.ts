import { closeSync, fstatSync, lstatSync, readSync, renameSync } from 'node:fs'
import { openLogFile } from '../act/log-file.js'
import { writeWhole } from '../act/write-file.js'
import type { JsonObject } from '../identity/narrow.js'

/** A log grows to this size; then it is renamed to `.1`, and that to `.2`. */
export const LOG_BYTES = 1024 * 1024

const NEWLINE = 0x0a

/** A daemon's log: one JSON object a line. */
export interface Log {
  readonly path: string
  write(event: string, more?: JsonObject): void
}

/**
 * Opens the log (0600), rotating it where it has grown. A log that cannot be written is silent: the daemon's work goes on.
 * So is one in whose place a link, a FIFO or a device stands.
 */
export function openLog(path: string): Log {
  return {
    path,
    write: (event, more = {}) => {
      try {
        rotate(path)
        append(path, `${JSON.stringify({ at: new Date().toISOString(), event, ...more })}\n`)
      } catch {
        // A full disk must not end a daemon that has nothing to do with it.
      }
    },
  }
}

/** A full disk may have cut the last line short: the next one must not be lost with it. */
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
