import { isPlainUrl } from './check-server-url.js'
import { withoutSlash } from './url-text.js'
import { MAX_QUEUE_SIZE } from './queue-size-limits.js'

/** How the value of a setting is parsed, from the environment or the file. Undefined means that the value is invalid. */

/** Returns the word that was given, in upper or lower case, if it is one of these words. */
export function oneOf<T extends string>(words: readonly T[], given: unknown): T | undefined {
  const word = typeof given === 'string' ? given.trim().toLowerCase() : null
  return words.find((one) => one === word)
}

/** Parses a size. A number in quotes is accepted too, because the predecessor, which uses the same file, accepts it. */
export function readSize(given: unknown): number | undefined {
  const size = typeof given === 'string' && /^\d+$/.test(given.trim()) ? Number(given) : given
  return typeof size === 'number' && Number.isInteger(size) && size >= 1 && size <= MAX_QUEUE_SIZE
    ? size
    : undefined
}

/** Reads the URL of a server, without a slash at its end. */
export function readServerUrl(given: unknown): string | undefined {
  const url = readUrl(given)
  return url === undefined ? undefined : withoutSlash(url)
}

/** Reads a URL. A URL with a password is rejected, because `sync status` would show it. */
export function readUrl(given: unknown): string | undefined {
  const text = typeof given === 'string' ? given.trim() : ''
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  return isPlainUrl(url) && /^https?:$/.test(url.protocol) ? url.href : undefined
}
