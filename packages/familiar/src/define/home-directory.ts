import { homedir } from 'node:os'
import { isAbsolute } from 'node:path'
import { FamiliarError } from '../errors.js'
import { isFaithful } from '../identity/path-text.js'

/**
 * Returns the home directory of this user, as `HOME` names it (on Windows, as the system does). Throws `E_SCOPE_UNUSABLE`
 * if `HOME` is not set, empty, relative or not UTF-8: a relative home would mean another daemon in each working
 * directory, and the home in the user database may differ from the one that the user's other commands use. `variables`:
 * the text with which the hint names the variables to set.
 */
export function homeDirectory(variables: string): string {
  const { HOME: home } = process.env
  const found = process.platform === 'win32' ? homedir() : home
  if (found !== undefined && isAbsolute(found) && isFaithful(found)) return found
  throw new FamiliarError('E_SCOPE_UNUSABLE', `there is no home directory: ${whyNot(found)}`, {
    hint: `set ${variables} to an absolute path`,
  })
}

function whyNot(home: string | undefined): string {
  if (home === undefined) return 'HOME is not set'
  if (home === '') return 'HOME is empty'
  return `HOME is '${home}', which is not ${isAbsolute(home) ? 'UTF-8' : 'an absolute path'}`
}
