import { homedir, userInfo } from 'node:os'
import { isAbsolute } from 'node:path'
import { FamiliarError } from '../errors.js'

/**
 * Returns the home directory of this user: `HOME`, else the entry in the system's user database. An empty or relative
 * `HOME` counts as not set: it would mean another home in every working directory. Throws `E_SCOPE_UNUSABLE` if there
 * is neither, for example for a uid without a passwd entry; `variables` are those that its hint names.
 */
export function homeDirectory(variables: string): string {
  for (const find of [homedir, () => userInfo().homedir]) {
    const found = attempt(find)
    if (found !== null && isAbsolute(found)) return found
  }
  throw new FamiliarError('E_SCOPE_UNUSABLE', 'this user has no home directory', {
    hint: `set ${variables} to an absolute path`,
  })
}

/** `homedir` and `userInfo` throw for a user who is not in the user database. */
function attempt(find: () => string): string | null {
  try {
    return find()
  } catch {
    return null
  }
}
