import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { FamiliarError } from 'familiar'
import { withLock, writePrivateFile } from 'familiar/cli'
import { assertOwnHome } from '../../cli/own-places.js'
import { moveAwayCommand } from '../../cli/cure-file.js'
import { isDirectory, sessionPath, type StoredSession } from './read-session-file.js'

export interface ChangeOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once, when another process has held the lock for a second. */
  readonly onWait?: ((message: string) => void) | undefined
}

/**
 * Calls `act` while no other process changes the session of the root. Throws `E_SCOPE_FOREIGN_OWNER` if the root belongs to
 * another user, `E_SCOPE_UNUSABLE` if a directory is in its place, and what `withLock` throws.
 */
export async function withSessionLock<T>(
  root: string,
  options: ChangeOptions,
  act: () => Promise<T>,
): Promise<T> {
  assertOwnHome(root)
  assertReplaceable(sessionPath(root))
  return withLock(join(root, 'daemons', 'sync', 'session.lock'), options, act)
}

/** Neither a sign-in nor a sign-out can replace a directory, and the user is told before confirming anything. */
function assertReplaceable(path: string): void {
  if (!isDirectory(path)) return
  throw new FamiliarError('E_SCOPE_UNUSABLE', `${path} cannot be replaced: it is a directory`, {
    hint: `to move it away: ${moveAwayCommand(path)}`,
  })
}

/** Replaces the whole session. Throws what `writePrivateFile` throws; the old session then stays. */
export function writeStored(root: string, session: StoredSession): void {
  writePrivateFile(sessionPath(root), `${JSON.stringify(session, null, 2)}\n`)
}

/**
 * Removes the session, or whatever is at its path. If that is a link, removes only the link. Throws `E_SCOPE_UNUSABLE`.
 */
export function removeStored(root: string): void {
  const path = sessionPath(root)
  try {
    rmSync(path, { force: true })
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new FamiliarError('E_SCOPE_UNUSABLE', `cannot remove ${path}: ${why}`, {
      hint: `remove ${path} yourself`,
      cause: error,
    })
  }
}
