import { readFileSync } from 'node:fs'
import { userText } from '../identity/user-text.js'

/**
 * Returns the name of a user, or its number if the list of users of this system does not have it (a directory service, a
 * container, Windows). Node itself knows only the name of the user of this process. In a user namespace, the
 * kernel shows the same number for every user who is not in it; this returns `ANOTHER_USER` for that number.
 */
export function userName(uid: string, list = '/etc/passwd', map = '/proc/self/uid_map'): string {
  if (uid === OVERFLOW && !isWhole(map)) return ANOTHER_USER
  return nameIn(list, uid) ?? userText(uid)
}

export const ANOTHER_USER = 'another user'

/** The number that the kernel shows for users who are not in a user namespace. */
const OVERFLOW = '65534'

/** Returns whether the map of a user namespace has every user, as it does outside of all; also if there is no map. */
function isWhole(map: string): boolean {
  try {
    return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync(map, 'utf8'))
  } catch {
    return true
  }
}

function nameIn(list: string, uid: string): string | null {
  if (!/^\d+$/.test(uid)) return null
  try {
    return readFileSync(list, 'utf8').match(new RegExp(`^([^:\\n]+):[^:\\n]*:${uid}:`, 'm'))?.[1] ?? null
  } catch {
    return null
  }
}
