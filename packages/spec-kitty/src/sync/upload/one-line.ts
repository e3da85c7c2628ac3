import { printable } from 'familiar/cli'

/** The most characters of one line in a status, a log or a dead letter. */
const MAX_CHARS = 300

/** The most characters of a text that are read to make the line. */
const MAX_READ_CHARS = 4096

/** Matches a URL. The part before its `@` is a password, and its query may contain one. */
const URL_PARTS = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)(?:[^\s/?#"'<>]*@)?([^\s?#"'<>]*)(?:[?#][^\s"'<>]*)?/gi

/** Removes a secret from a text, in the form in which it was sent, and as written in a URL or in JSON. */
export function withoutSecret(text: string, secret: string): string {
  const forms = [secret, encodeURIComponent(secret), encodeURI(secret), JSON.stringify(secret).slice(1, -1)]
  return forms.reduce((rest, form) => rest.replaceAll(form, '***'), text)
}

/**
 * Returns a text of the server, or of an error, as one line that can be shown and logged: no secret that we sent, no
 * password or query in a URL, no control character, and not more than 300 characters.
 */
export function oneLine(text: string, secret: string | null = null): string {
  const without = secret === null || secret === '' ? text : withoutSecret(text, secret)
  const line = printable(without.slice(0, MAX_READ_CHARS).replaceAll(/\s+/g, ' ').trim()).replaceAll(
    URL_PARTS,
    '$1$2',
  )
  return line.length <= MAX_CHARS ? line : `${line.slice(0, MAX_CHARS - 1)}…`
}
