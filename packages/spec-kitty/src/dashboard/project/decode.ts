/** Text of a file, and what had to be assumed to read it. */
export interface Decoded {
  /** Null: it is no text. Ends of lines are `\n`, a byte order mark is gone. */
  readonly text: string | null
  readonly problem: string | null
}

/** What no text has: the control characters but tab, the ends of lines, form feed and escape. */
const BINARY = /[\0-\u0008\u000e-\u001a\u001c-\u001f]/

/**
 * Returns the text of a file, or of its beginning: a character that the end cuts in two is left out then. UTF-8; UTF-16
 * where a byte order mark says so; else Latin-1, which any bytes are, and which is said therefore.
 */
export function decode(bytes: Uint8Array, isWhole: boolean): Decoded {
  const utf16 = utf16Of(bytes)
  const text = utf16 ?? utf8Of(bytes, isWhole)
  if (text !== null) return textual(text, null)
  return textual(new TextDecoder('windows-1252').decode(bytes), 'is no UTF-8 and is shown as Latin-1')
}

function textual(text: string, problem: string | null): Decoded {
  if (BINARY.test(text)) return { text: null, problem: 'is binary' }
  return { text: text.replaceAll(/\r\n?/g, '\n'), problem }
}

function utf16Of(bytes: Uint8Array): string | null {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  return null
}

function utf8Of(bytes: Uint8Array, isWhole: boolean): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !isWhole })
  } catch {
    return null
  }
}
