import { HIDDEN_CONTROLS } from './hidden-controls.js'

/** Characters that a terminal acts on or does not show. They would be replaced when the command is printed. */
const CONTROL = new RegExp(`[\\u0000-\\u001f${HIDDEN_CONTROLS}]`)

/**
 * Returns the text as one word for a POSIX shell, so that a command can be copied from a terminal: control characters are
 * written as numbers. (The shell drops line feeds at the very end of such a word.)
 */
export function shellQuote(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  if (CONTROL.test(text)) return `"$(printf '%b' '${escaped(text)}')"`
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function escaped(text: string): string {
  const bytes = [...Buffer.from(text)]
  return bytes.map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : octal(byte))).join('')
}

/** Printable ASCII without the quote and the backslash. */
function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
}

function octal(byte: number): string {
  return `\\0${byte.toString(8).padStart(3, '0')}`
}
