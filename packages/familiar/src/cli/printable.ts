import { HIDDEN_CONTROLS } from '../define/hidden-controls.js'

/** Matches a whole run of control characters at once, for speed: a damaged log may contain millions of zero bytes. */
const CONTROLS = new RegExp(`[\\u0000-\\u001f${HIDDEN_CONTROLS}]+`, 'g')
const CONTROLS_IN_LINES = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f${HIDDEN_CONTROLS}]+`, 'g')

function questionMarks(controls: string): string {
  return '?'.repeat(controls.length)
}

/**
 * Returns text from another process with every control character replaced, so that a terminal can show it without
 * acting on it.
 */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, questionMarks)
}

/** Like `printable`, for text of several lines: keeps tabs and line feeds. */
export function printableLines(text: string): string {
  return text.replaceAll(CONTROLS_IN_LINES, questionMarks)
}

/** Like `printable`: also keeps the styles of `paint` if the output has colours. */
export function printableLine(text: string, hasColor: boolean): string {
  return printableStyled(text.replaceAll(/[\t\n]/g, '?'), hasColor)
}

/** The escape sequences that `paint` writes. */
const STYLES = /(\u001b\[\d{1,2}m)/

/** Like `printableLines`: also keeps the styles of `paint` if the output has colours. */
export function printableStyled(text: string, hasColor: boolean): string {
  if (!hasColor) return printableLines(text)
  const parts = text.split(STYLES)
  return parts.map((part, index) => (index % 2 === 1 ? part : printableLines(part))).join('')
}
