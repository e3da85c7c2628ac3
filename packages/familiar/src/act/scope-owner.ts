import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, FamiliarError } from '../errors.js'

/**
 * Throws `E_SCOPE_FOREIGN_OWNER` when the directory belongs to another user than the one who runs: root in somebody's
 * home (sudo with that user's HOME) may look, but must leave no root-owned file behind.
 *
 * For a directory that does not exist yet the nearest existing one counts, and only for root: anybody else simply has
 * no permission where they have none. Systems without uids (Windows) are not checked: there root is no file owner.
 */
export function assertOwnScope(paths: readonly string[], uid: number | undefined): void {
  if (uid === undefined) return
  for (const path of paths) {
    const owner = ownerOf(path)
    if (owner === null) continue
    if (owner.uid !== uid && (owner.isExact || uid === 0)) {
      throw new FamiliarError(
        'E_SCOPE_FOREIGN_OWNER',
        `${owner.path} belongs to uid ${owner.uid}, this is uid ${uid}: looking is all that is done here`,
        { hint: `run the command as uid ${owner.uid}` },
      )
    }
  }
}

interface Owner {
  readonly path: string
  readonly uid: number
  readonly isExact: boolean
}

function ownerOf(path: string, isExact = true): Owner | null {
  try {
    return { path, uid: statSync(path).uid, isExact }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || dirname(path) === path) return null
    return ownerOf(dirname(path), false)
  }
}
