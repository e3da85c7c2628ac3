import { shownUrl, withoutSlash } from './url-text.js'

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

/** Checks a server's URL. The result does not end with a slash. */
export function checkServerUrl(text: string): ServerUrl {
  const url = URL.canParse(text) ? new URL(text) : null
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
