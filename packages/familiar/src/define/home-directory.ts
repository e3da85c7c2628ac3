import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute } from 'node:path'
import { FamiliarError } from '../errors.js'
import { isFaithful } from '../identity/path-text.js'

/**
 * Returns the home directory of this user, as `HOME` names it (on Windows, as the system does). Throws `E_SCOPE_UNUSABLE`
 * if `HOME` is not set, empty, relative or not UTF-8: a relative home would mean another daemon in each working
 * directory, and the home in the user database may differ from the one that the user's other commands use. Also if it
 * names a directory that does not exist: it is mistyped, its disk is not mounted, or the user is to have none, and root
 * would create it without a word. `variables`: the text with which the hint names the variables to set.
 */
export function homeDirectory(variables: string): string {
  const { HOME: home } = process.env
  const found = process.platform === 'win32' ? homedir() : home
  if (found !== undefined && isAbsolute(found) && isFaithful(found)) {
    if (!isAbsent(found)) return found
    throw new FamiliarError(
      'E_SCOPE_UNUSABLE',
      `there is no home directory: HOME is '${found}', which does not exist`,
      {
        hint: `create it, or set ${variables} to another directory`,
      },
    )
  }
  throw new FamiliarError('E_SCOPE_UNUSABLE', `there is no home directory: ${whyNot(found)}`, {
    hint: `set ${variables} to an absolute path`,
  })
}

/** A directory that this user may not see counts as existing. */
function isAbsent(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

function whyNot(home: string | undefined): string {
  if (home === undefined) return 'HOME is not set'
  if (home === '') return 'HOME is empty'
  return `HOME is '${home}', which is not ${isAbsolute(home) ? 'UTF-8' : 'an absolute path'}`
}
