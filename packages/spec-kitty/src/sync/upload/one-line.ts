import { printable } from 'familiar/cli'

/** The maximum number of characters of one line in a status, a log or a dead letter. */
const MAX_CHARS = 300

/** The maximum number of characters of a text that are read to create the line. */
const MAX_READ_CHARS = 4096

/** Matches a URL. The part before its `@` contains a password, and its query may contain one. */
const URL_PARTS = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)(?:[^\s/?#"'<>]*@)?([^\s?#"'<>]*)(?:[?#][^\s"'<>]*)?/gi

/** Removes a secret from a text, in the form in which it was sent, and as written in a URL or in JSON. */
export function withoutSecret(text: string, secret: string): string {
  const forms = [secret, encodeURIComponent(secret), encodeURI(secret), JSON.stringify(secret).slice(1, -1)]
  return forms.reduce((rest, form) => rest.replaceAll(form, '***'), text)
}

/**
 * Returns a text from the server, or of an error, as one line that can be shown and logged. It contains no secret that we
 * sent, no password or query of a URL, no control character, and at most 300 characters.
 */
export function oneLine(text: string, secret: string | null = null): string {
  const without = secret === null || secret === '' ? text : withoutSecret(text, secret)
  const line = printable(without.slice(0, MAX_READ_CHARS).replaceAll(/\s+/g, ' ').trim()).replaceAll(
    URL_PARTS,
    '$1$2',
  )
  return line.length <= MAX_CHARS ? line : `${line.slice(0, MAX_CHARS - 1)}…`
}
