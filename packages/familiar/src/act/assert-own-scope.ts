import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf, FamiliarError } from '../errors.js'
import { userName } from '../observe/user-name.js'

/**
 * Throws `E_SCOPE_FOREIGN_OWNER` if a path belongs to a user other than `uid`, the user of this process. Root in another
 * user's home (sudo with that user's HOME) may scan, but must not leave root-owned files there. A path that does not
 * exist yet is judged by its nearest existing parent, and only for root: other users get a permission error anyway where
 * they may not write. Checks nothing on systems without uids (Windows).
 */
export function assertOwnScope(paths: readonly string[], uid: number | undefined): void {
  if (uid === undefined) return
  for (const path of paths) {
    const owner = ownerOf(path)
    if (owner === null) continue
    if (owner.uid !== uid && (owner.isExact || uid === 0)) {
      throw new FamiliarError(
        'E_SCOPE_FOREIGN_OWNER',
        `${owner.path} belongs to ${userName(String(owner.uid))}, you are ${userName(String(uid))}: looking is all that is done here`,
        { hint: hintFor(owner.uid) },
      )
    }
  }
}

/** Do not suggest running as root just because root owns a directory: that would create more files that only root can change. */
function hintFor(owner: number): string {
  const own = 'use a directory of your own'
  return owner === 0 ? own : `run the command as ${userName(String(owner))}, or ${own}`
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
