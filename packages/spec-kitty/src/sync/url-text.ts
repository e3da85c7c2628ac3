/** How the text of a URL is written and shown. */

export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

/** Returns a server's URL for a status or a log, without user name, password, query and fragment, which may contain secrets. */
export function shownUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  return url === null ? 'an unreadable URL' : `${url.protocol}//${url.host}${shownPath(url.pathname)}`
}

/** Shown instead of a wrong value that may contain a secret. */
export const WRONG = '(wrong)'

/** The maximum length of a wrong value that a message repeats. */
export const MAX_SHOWN_CHARS = 60

/**
 * Returns a text that should be a URL, in a form for a message. Removes everything that may be a user name, a password or
 * a token, even if the text is not a URL. Null if nothing is left to show.
 */
export function withoutSecrets(given: unknown): string | null {
  const text = typeof given === 'string' ? given.trim() : ''
  if (text === '' || text === WRONG) return null
  const shown = text.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1...@').replace(/([?#]).*$/s, '$1...')
  return shown.length > MAX_SHOWN_CHARS ? `${shown.slice(0, MAX_SHOWN_CHARS)}...` : shown
}

/** Returns the same text worded as a part of the sentence about the expected value, and says what it lacks. */
export function insteadOf(given: unknown): string {
  const shown = withoutSecrets(given)
  if (shown === null) return ''
  const isBare = !/^[a-z][a-z\d+.-]*:\/\//i.test(shown)
  return `, not ${JSON.stringify(shown)}${isBare ? ': write http:// or https:// before it' : ''}`
}

/** If the scheme was written twice, the path contains the user name and the password. */
function shownPath(path: string): string {
  return withoutSlash(path).replaceAll(/[^/]*:[^/]*@/g, '')
}
