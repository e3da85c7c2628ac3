import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crypto } from '../protocol/crypto.js'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import type { Family } from '../family.js'
import { assertOwnScope } from './assert-own-scope.js'
import { removeLeftover, writeNewFile } from './safe-file.js'
import { writeHint } from './write-hint.js'

/**
 * The free disk space that a new daemon needs. A record takes less than 2 KiB, and so do the first log lines; the old
 * record stays until the new one is written.
 */
const ROOM_BYTES = 8 * 1024

export interface WriteRequest {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly logFile: string
}

/**
 * Throws if a new daemon of the scope could not write its files. Call this before a running daemon is stopped for its
 * successor. Writes a small file into the directories of the record and the log, syncs it to disk, and removes it. For a
 * directory that does not exist yet, uses its nearest existing parent within the scope. Throws `E_SCOPE_UNUSABLE` for a
 * full disk, a limit, a read-only file system or a missing permission. Throws `E_SCOPE_FOREIGN_OWNER`, before anything is
 * written, if the scope belongs to another user.
 */
export function assertCanWrite({ family, scope, logFile }: WriteRequest): void {
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
  const path = join(directory, `.room-${crypto().randomBytes(6).toString('hex')}`)
  try {
    writeNewFile(path, Buffer.alloc(ROOM_BYTES))
  } catch (error) {
    throwLack(error)
    const errno = errnoOf(error)
    throw new FamiliarError('E_SCOPE_UNUSABLE', `cannot write in ${directory}: ${errno ?? String(error)}`, {
      hint: `${writeHint(directory, errno)}; no daemon was stopped, because another one could not start`,
      cause: error,
    })
  } finally {
    removeLeftover(path)
  }
}
