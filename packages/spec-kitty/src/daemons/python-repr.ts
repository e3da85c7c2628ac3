/**
 * A character that Python's `repr` writes as it is, or one of its escapes with hexadecimal codes. This is a text and not
 * a literal, because V8 expands the character properties of a literal when it loads it, and few commands ever see such a
 * name.
 */
const PYTHON_CHARACTER = String.raw`\\(?:(?<short>[tnr\\'])|x(?<x>[0-9a-f]{2})|u(?<u>[0-9a-f]{4})|U(?<U>[0-9a-f]{8}))|(?<plain> |[^\\\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}])`

const SHORT: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\', "'": "'" }

/**
 * Returns the path for which Python 3's `repr` writes this literal. Null if `repr` never writes this literal, or if it
 * contains a character that no path has, because a path that cannot be decoded exactly must not be used. A byte that is
 * not UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF, as in Python. It depends on the Python version which characters
 * beyond Latin-1 are printable, so both forms, plain and escaped, are accepted.
 */
export function unquotePython(literal: string): string | null {
  const quote = literal.charAt(0)
  const end = literal.length - 1
  const character = new RegExp(PYTHON_CHARACTER, 'uy')
  let text = ''
  for (let at = 1; at < end; at = character.lastIndex) {
    character.lastIndex = at
    const char = characterOf(character.exec(literal)?.groups ?? {})
    if (char === null) return null
    text += char
  }
  const expected = text.includes("'") && !text.includes('"') ? '"' : "'"
  return end > 0 && quote === expected && literal.charAt(end) === quote ? text : null
}

function characterOf({ plain, short, x, u, U }: Readonly<Record<string, string | undefined>>): string | null {
  if (plain !== undefined) return plain
  if (short !== undefined) return SHORT[short] ?? null
  const code = Number.parseInt(x ?? u ?? U ?? '', 16)
  const isWritten =
    x !== undefined
      ? isUnprintableLatin1(code)
      : u !== undefined
        ? isInFour(code)
        : code > 0xffff && code <= 0x10ffff
  return isWritten ? String.fromCodePoint(code) : null
}

/** Returns true for control characters without a short escape (but not NUL), the no-break space, and the soft hyphen. */
function isUnprintableLatin1(code: number): boolean {
  const isControl =
    (code > 0 && code < 0x20 && ![0x09, 0x0a, 0x0d].includes(code)) || (code >= 0x7f && code < 0xa0)
  return isControl || code === 0xa0 || code === 0xad
}

/** Returns true for U+0100 to U+FFFF; of the surrogates, only for those that stand for a byte. */
function isInFour(code: number): boolean {
  return code > 0xff && (code < 0xd800 || code > 0xdfff || (code >= 0xdc80 && code <= 0xdcff))
}
