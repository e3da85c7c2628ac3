import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { FamiliarError } from 'familiar'
import { withLock, writePrivateFile } from 'familiar/cli'
import { assertOwnHome } from '../../cli/own-places.js'
import { sessionPath, type StoredSession } from './read-session-file.js'

export interface ChangeOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once, when another process has held the lock for a second. */
  readonly onWait?: ((message: string) => void) | undefined
}

/**
 * Calls `act` while no other process changes the session of the root. Throws `E_SCOPE_FOREIGN_OWNER` if the root belongs to
 * another user, and what `withLock` throws.
 */
export async function withSessionLock<T>(
  root: string,
  options: ChangeOptions,
  act: () => Promise<T>,
): Promise<T> {
  assertOwnHome(root)
  return withLock(join(root, 'daemons', 'sync', 'session.lock'), options, act)
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
