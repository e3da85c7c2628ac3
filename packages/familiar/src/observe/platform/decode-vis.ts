/**
 * Undoes what macOS `ps` does to the bytes of an argument that are not printable ASCII (with `LC_ALL=C`, so that it is
 * always the same): a newline is `\012`, a tab `\011`, and a byte from 0x80 on is `M-x`, `M^X` or `\240`.
 */

const CONTINUATION = String.raw`(?:M-[!-?]|M\^[@-_]|\\240)`

/** One character of two to four bytes in UTF-8. Matching it whole keeps a stray `M-C` in a name what it is. */
const CHARACTER = new RegExp(
  `M-[B-_]${CONTINUATION}|M-[\`-o]${CONTINUATION}{2}|M-[p-t]${CONTINUATION}{3}`,
  'g',
)

const BYTE = /M-(?<high>.)|M\^(?<control>.)|\\240/g

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Returns the text with newlines, tabs and UTF-8 characters as they were.
 *
 * `ps` does not mark a backslash that stands for itself, so an argument that really holds the four characters `\012`
 * comes out with a newline. That cannot be told apart. `^J` (an older form of the newline) is decoded only where no
 * `\012` shows that this `ps` writes the other one. Other control characters stay as `ps` wrote them.
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
