/**
 * Decodes the notation in which macOS `ps` prints the bytes of an argument that are not printable ASCII (always the same
 * under `LC_ALL=C`): a newline is `\012`, a tab `\011`, and a byte from 0x80 on is `M-x`, `M^X` or `\240`.
 */

const CONTINUATION = String.raw`(?:M-[!-?]|M\^[@-_]|\\240)`

/** One UTF-8 character of two to four bytes. Matching only whole characters leaves a literal `M-C` in a name unchanged. */
const CHARACTER = new RegExp(
  `M-[B-_]${CONTINUATION}|M-[\`-o]${CONTINUATION}{2}|M-[p-t]${CONTINUATION}{3}`,
  'g',
)

const BYTE = /M-(?<high>.)|M\^(?<control>.)|\\240/g

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Returns the text with its original newlines, tabs and UTF-8 characters. `ps` does not escape a literal backslash, so an
 * argument that really contains the four characters `\012` is decoded to a newline, because the two cannot be
 * distinguished. `^J` (an older notation for the newline) is decoded only if the text contains no `\012`, which would
 * show that this `ps` uses the newer one. Other control characters stay as `ps` wrote them.
 */
export function decodeVis(text: string): string {
  const characters = text.replace(CHARACTER, decodeCharacter).replaceAll('\\011', '\t')
  return characters.replace(text.includes('\\012') ? /\\012/g : /(?<!M)\^J/g, '\n')
}

function decodeCharacter(encoded: string): string {
  const bytes = Array.from(encoded.matchAll(BYTE), ({ groups }) =>
    byteOf(groups?.['high'], groups?.['control']),
  )
  try {
    return UTF8.decode(Uint8Array.from(bytes))
  } catch {
    return encoded
  }
}

function byteOf(high: string | undefined, control: string | undefined): number {
  if (high !== undefined) return 0x80 | high.charCodeAt(0)
  return control === undefined ? 0xa0 : 0x80 | (control.charCodeAt(0) & 0x1f)
}
