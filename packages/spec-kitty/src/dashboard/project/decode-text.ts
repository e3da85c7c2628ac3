import { isUtf8 } from 'node:buffer'

/** The text of a file, and what is wrong with its encoding. */
export interface Decoded {
  /** Null if the file is not text. Line ends are converted to `\n`, and a byte order mark is removed. */
  readonly text: string | null
  readonly problem: string | null
}

const BYTE_ORDER_MARK = '\uFEFF'

/** Control characters that text does not contain: all except tab, line ends, vertical tab, form feed and escape. */
const BINARY = /[\0-\u0008\u000e-\u001a\u001c-\u001f]/

/**
 * Decodes the bytes of a file or, if `isWhole` is false, of its beginning, whose last UTF-8 character may be incomplete
 * and is then dropped. The encoding is UTF-16 if there is a byte order mark for it, otherwise UTF-8. If the bytes are not
 * UTF-8, they are read as Latin-1, which accepts any bytes, and `problem` says so.
 */
export function decode(bytes: Uint8Array, isWhole: boolean): Decoded {
  const utf16 = utf16Of(bytes)
  const text = utf16 ?? utf8Of(bytes, isWhole)
  if (text !== null) return textual(text, null)
  return textual(new TextDecoder('windows-1252').decode(bytes), 'is no UTF-8 and is shown as Latin-1')
}

function textual(text: string, problem: string | null): Decoded {
  if (BINARY.test(text)) return { text: null, problem: 'is binary' }
  return { text: text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text, problem }
}

/** Returns whether bytes are the beginning of UTF-16: a byte order mark, or every other byte of ASCII characters is zero. */
export function isUtf16(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes
  if (byteOrderOf(bytes) !== null) return true
  if (a === undefined || b === undefined || c === undefined || d === undefined) return false
  return (a === 0) !== (b === 0) && (c === 0) === (a === 0) && (d === 0) === (b === 0)
}

/** Returns the UTF-16 encoding that a byte order mark names; null if there is none. */
function byteOrderOf([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : null
}

function utf16Of(bytes: Uint8Array): string | null {
  const encoding = byteOrderOf(bytes)
  return encoding === null ? null : new TextDecoder(encoding).decode(bytes)
}

function utf8Of(bytes: Uint8Array, isWhole: boolean): string | null {
  const whole = isWhole ? bytes : withoutHalfCharacter(bytes)
  if (!isUtf8(whole)) return null
  const text = Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('utf8')
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}

/** The maximum number of bytes of a character in UTF-8. */
const MAX_CHARACTER_BYTES = 4

/** Removes an incomplete character at the end. */
function withoutHalfCharacter(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back < MAX_CHARACTER_BYTES && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if (isContinuation(byte)) continue
    return back < lengthOf(byte) ? bytes.subarray(0, -back) : bytes
  }
  return bytes
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

/** Returns the number of bytes of the character that begins with this byte. */
function lengthOf(byte: number): number {
  if (byte < 0xc0) return 1
  if (byte < 0xe0) return 2
  return byte < 0xf0 ? 3 : MAX_CHARACTER_BYTES
}
