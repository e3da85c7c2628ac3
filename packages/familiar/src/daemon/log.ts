import { appendFileSync, renameSync, statSync } from 'node:fs'
import type { JsonObject } from '../identity/narrow.js'

/** A log grows to this size; then it is renamed to `.1`, and that to `.2`. */
export const LOG_BYTES = 1024 * 1024

/** A daemon's log: one JSON object a line. */
export interface Log {
  readonly path: string
  write(event: string, more?: JsonObject): void
}

/** Opens the log (0600), rotating it where it has grown. A log that cannot be written is silent: the daemon's work goes on. */
export function openLog(path: string): Log {
  return {
    path,
    write: (event, more = {}) => {
      const line = `${JSON.stringify({ at: new Date().toISOString(), event, ...more })}\n`
      try {
        rotate(path)
        appendFileSync(path, line, { mode: 0o600 })
      } catch {
        // A full disk must not end a daemon that has nothing to do with it.
      }
    },
  }
}

function rotate(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size < LOG_BYTES) return
  if (statSync(`${path}.1`, { throwIfNoEntry: false }) !== undefined) renameSync(`${path}.1`, `${path}.2`)
  renameSync(path, `${path}.1`)
}
