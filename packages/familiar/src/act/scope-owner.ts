import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, FamiliarError } from '../errors.js'

/**
 * Throws `E_SCOPE_FOREIGN_OWNER` if a path belongs to another user than the one running this: root in another user's home
 * (sudo with that user's HOME) may scan, but must leave no root-owned file behind.
 *
 * For a path that does not exist yet, the nearest existing parent counts, and only for root: other users just get a
 * permission error where they may not write. Not checked on systems without uids (Windows), where root owns no files.
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
