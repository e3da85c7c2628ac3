import { fileNameOf } from '../identity/path-text.js'
import { HIDDEN_CONTROLS } from './hidden-controls.js'

/**
 * Characters that a terminal acts on or does not show, and bytes that are not UTF-8 (lone surrogates): they would be
 * replaced when the command is printed.
 */
const CONTROL = new RegExp(`[\\u0000-\\u001f${HIDDEN_CONTROLS}]|[\\ud800-\\udfff]`, 'u')

/** Words that mean the same without quotes. zsh expands a leading `=`, and fish a leading `%`. */
const PLAIN = /^[\w@+:,./-][\w@%+=:,./-]*$/

/**
 * Returns the text as one word for sh, bash, zsh and fish, so that a command can be copied from a terminal: control
 * characters are written as numbers. A shell drops line feeds at the end of such a word, so a slash follows them: the
 * directory is the same, and the name of anything else fails instead of meaning something else.
 */
export function shellQuote(text: string): string {
  if (PLAIN.test(text)) return text
  if (CONTROL.test(text)) return `"$(printf '%b' '${escaped(text.replace(/\n$/, '\n/'))}')"`
  // Backslashes stay outside the quotes, because fish reads `\\` and `\'` between them as one character.
  return `'${text.replaceAll(/[\\']+/g, (run) => `'${run.replaceAll(/./g, '\\$&')}'`)}'`
}

/** Matches one word as `shellQuote` writes it, as a part of a regular expression: unquoted, quoted, or both in turn. */
export const SHELL_WORD = /(?:[^\s'"\\]|\\.|'[^']*'|"[^"]*")*/.source

/** Matches a command up to its comment. A `#` in a quoted word begins none. */
const COMMAND = /^(?:'[^']*'|"[^"]*"|\\.|(?! {2}# )[^'"\\])*/s

/** Returns a shell command without the comment behind it, and the comment without its `#`; null if it has none. */
export function splitComment(line: string): readonly [command: string, comment: string | null] {
  const command = COMMAND.exec(line)?.[0] ?? ''
  const mark = '  # '
  return line.startsWith(mark, command.length)
    ? [command, line.slice(command.length + mark.length)]
    : [line, null]
}

/** Returns a shell command without its quoted words, to look for words that the tool itself has written. */
export function withoutQuoted(command: string): string {
  return command.replaceAll(/'[^']*'|"[^"]*"|\\./gs, '')
}

/** Surrogates that stand for no byte. `fileNameOf` refuses them. */
const NO_BYTE = /[\ud800-\udc7f\udd00-\udfff]/gu

function escaped(text: string): string {
  const bytes = [...Buffer.from(fileNameOf(text.replaceAll(NO_BYTE, '\ufffd')))]
  return bytes.map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : octal(byte))).join('')
}

/** Printable ASCII without quotes, the backslash, and the mark with which an interactive shell repeats a command. */
function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f && !'\'"\\!'.includes(String.fromCharCode(byte))
}

function octal(byte: number): string {
  return `\\0${byte.toString(8).padStart(3, '0')}`
}
