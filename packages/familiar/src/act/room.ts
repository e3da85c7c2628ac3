import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import type { Family } from '../family.js'
import { assertOwnScope } from './scope-owner.js'
import { removeLeftover, writeNewFile } from './write-file.js'

/** A record has less than 2 KiB, the first lines of a log too; the old record stays until the new one stands. */
const ROOM_BYTES = 8 * 1024

export interface RoomRequest {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly logFile: string
}

/**
 * Throws where a daemon of the scope could not write what its start needs: to be asked before a running one is stopped
 * for its successor. Writes a small file beside the record and the log, to the disk itself, and removes it; where there
 * is no such directory yet, in the next one above it within the scope.
 *
 * `E_SCOPE_UNUSABLE`: a full disk, a limit, a read-only file system, no permission. `E_SCOPE_FOREIGN_OWNER`: the scope
 * is another user's; nothing was written.
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
