/** A server that events may be sent to, or why they may not. `insecure`: the token would be sent over a network unencrypted. */
export type ServerUrl =
  | { readonly state: 'usable'; readonly url: string }
  | { readonly state: 'unusable'; readonly why: string }
  | { readonly state: 'insecure'; readonly why: string }

/** Returns whether the host of a URL is this machine, judged by its text and not by name resolution. */
export function isLoopback(hostname: string): boolean {
  // A URL has an IPv4 address in only one form: `new URL` writes 127.1 and 0x7f000001 as four decimal numbers.
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

/** Returns whether a token may be sent to a URL: HTTPS, or HTTP to a loopback address, on which no other machine can listen. */
export function isSafeUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** Returns whether a URL contains only a location, because a user, a password, a query or a fragment may contain a secret. */
export function isPlainUrl({ username, password, search, hash }: URL): boolean {
  return [username, password, search, hash].every((part) => part === '')
}

export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

/** Checks a server's URL. The result does not end with a slash. */
export function checkServerUrl(text: string): ServerUrl {
  const url = urlOf(text)
  if (url === null) return { state: 'unusable', why: 'the server URL is not a URL' }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    return { state: 'unusable', why: 'the server URL must not contain a user name, a password or a fragment' }
  }
  if (!isSafeUrl(url)) {
    return { state: 'insecure', why: `${shownUrl(text)} is neither https nor http to a loopback address` }
  }
  url.pathname = withoutSlash(url.pathname)
  return { state: 'usable', url: url.href.replace(/\/$/, '') }
}

/** Returns a server's URL for a status or a log, without user name, password, query and fragment, which may contain secrets. */
export function shownUrl(text: string): string {
  const url = urlOf(text)
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

function urlOf(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}
