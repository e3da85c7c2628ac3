/**
 * File names and process arguments are bytes. In the strings of this library, a byte that is not valid UTF-8 is written
 * as a lone surrogate, U+DC80 to U+DCFF (as in Python's `surrogateescape`). So two different names never become the same
 * string, as they would with U+FFFD, and the file can still be opened by that string.
 */

/** Splits a Latin-1 string of bytes into runs of valid UTF-8 and single other bytes. */
const RUNS =
  /(?:[\0-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+|[^]/g

const LONE_SURROGATE = /[\ud800-\udfff]/u

/**
 * Returns whether the path names what it was made from. Node decodes the environment, the command line and the working
 * directory as UTF-8 and replaces every invalid byte with U+FFFD. Two different directories then get the same path, which
 * leads to neither. A string with a lone surrogate is a valid name only for functions that pass it through `fileNameOf`.
 */
export function isFaithful(path: string): boolean {
  return !path.includes('\ufffd') && !LONE_SURROGATE.test(path)
}

/** Returns the bytes as a string, with a lone surrogate for each byte that is not valid UTF-8. */
export function textOfBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  if (!text.includes('\ufffd')) return text
  return bytes
    .toString('latin1')
    .replaceAll(RUNS, (run) =>
      run.length === 1 && run > '\x7f'
        ? String.fromCharCode(0xdc00 + run.charCodeAt(0))
        : Buffer.from(run, 'latin1').toString('utf8'),
    )
}

/**
 * Returns a file name in the form to pass to Node's file functions: the string itself or, if it contains lone
 * surrogates, the bytes that it was made from. Throws `RangeError` for a surrogate outside U+DC80 to U+DCFF: such a
 * string names no file, and Node would silently use another name.
 */
export function fileNameOf(text: string): string | Buffer {
  if (!LONE_SURROGATE.test(text)) return text
  return Buffer.concat(Array.from(text, bytesOf))
}

function bytesOf(char: string): Buffer {
  if (!LONE_SURROGATE.test(char)) return Buffer.from(char)
  const byte = char.charCodeAt(0) - 0xdc00
  if (byte < 0x80 || byte > 0xff) throw new RangeError('a surrogate in a path stands for no byte')
  return Buffer.of(byte)
}
