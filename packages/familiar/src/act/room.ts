import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import type { Family } from '../family.js'
import { assertOwnScope } from './scope-owner.js'
import { removeLeftover, writeNewFile } from './write-file.js'

/** A record takes less than 2 KiB, and so do the first log lines; the old record stays until the new one is written. */
const ROOM_BYTES = 8 * 1024

export interface RoomRequest {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly logFile: string
}

/**
 * Throws if a daemon of the scope could not write what it needs to start. Call this before a running daemon is stopped for
 * its successor. Writes a small file beside the record and the log, syncs it to disk, and removes it. If such a directory
 * does not exist yet, uses its nearest existing parent within the scope.
 *
 * `E_SCOPE_UNUSABLE`: a full disk, a limit, a read-only file system, no permission. `E_SCOPE_FOREIGN_OWNER`: the scope
 * belongs to another user; nothing was written.
 */
export function assertRoom({ family, scope, logFile }: RoomRequest): void {
  const { record } = family.files(scope)
  const directories = new Set([dirname(record), dirname(logFile)])
  assertOwnScope([scope, ...directories], process.geteuid?.())
  for (const directory of directories) {
    const there = nearest(directory, scope)
    if (there !== null) tryToWrite(there)
  }
}

function nearest(directory: string, scope: string): string | null {
  if (existsSync(directory)) return directory
  const parent = dirname(directory)
  return parent === scope || parent.startsWith(join(scope, '/')) ? nearest(parent, scope) : null
}

function tryToWrite(directory: string): void {
  const path = join(directory, `.room-${randomBytes(6).toString('hex')}`)
  try {
    writeNewFile(path, Buffer.alloc(ROOM_BYTES))
  } catch (error) {
    throwLack(error)
    throw new FamiliarError(
      'E_SCOPE_UNUSABLE',
      `cannot write in ${directory}: ${errnoOf(error) ?? String(error)}`,
      {
        hint: 'make room there; no daemon was stopped, because another one could not start',
        cause: error,
      },
    )
  } finally {
    removeLeftover(path)
  }
}
