import { readFileSync } from 'node:fs'
import { userText } from '../identity/user-text.js'

/**
 * Returns the name of a user, or its number if the list of users of this system does not have it (a directory service, a
 * container, Windows). Node itself knows only the name of the user of this process.
 */
export function userName(uid: string, list = '/etc/passwd'): string {
  return nameIn(list, uid) ?? userText(uid)
}

function nameIn(list: string, uid: string): string | null {
  if (!/^\d+$/.test(uid)) return null
  try {
    return readFileSync(list, 'utf8').match(new RegExp(`^([^:\\n]+):[^:\\n]*:${uid}:`, 'm'))?.[1] ?? null
  } catch {
    return null
  }
}
