/** Text that takes one column for each character. */
const PLAIN = /^[\u0020-\u007e]*$/

/**
 * Characters that a terminal combines with the one before: they take no column. This pattern and the next are texts, not
 * literals, because V8 expands the character properties of a literal when it loads it, which takes a thirtieth of Node's
 * start time.
 */
const ZERO = String.raw`^(?:\p{Mn}|\p{Me}|[\u1160-\u11ff]|\u200b|\u200c|\u200d|[\u2060-\u2064]|\ufeff|[\u{e0001}-\u{e01ef}])$`

/** Characters that take two columns: those of East Asia (Unicode Annex 11, W and F), and emoji. */
const WIDE = String.raw`^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$`

let known: { readonly zero: RegExp; readonly wide: RegExp } | null = null

const ELLIPSIS = '…'

/** The share of a shortened path that shows its beginning. The end gets more, because it says more. */
const BEGIN_SHARE = 0.4

/** Returns how many columns of a terminal the text takes. It must not contain control characters. */
export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length
  return Array.from(text).reduce((sum, one) => sum + widthOf(one), 0)
}

function widthOf(character: string): number {
  known ??= { zero: new RegExp(ZERO, 'u'), wide: new RegExp(WIDE, 'u') }
  if (known.zero.test(character)) return 0
  return known.wide.test(character) ? 2 : 1
}

/** Returns the text padded with spaces to this number of columns. */
export function padTo(text: string, columns: number, side: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, columns - columnsOf(text)))
  return side === 'left' ? `${space}${text}` : `${text}${space}`
}

/** Returns the text in at most this number of columns, with an ellipsis in place of its end. */
export function shortenEnd(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  return `${take(marked(text), columns - 1).join('')}${ELLIPSIS}`
}

/** Returns the text in at most this number of columns, with an ellipsis in place of its middle. */
export function shortenMiddle(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text
  const begin = Math.floor((columns - 1) * BEGIN_SHARE)
  const characters = marked(text)
  const end = take(characters.toReversed(), columns - 1 - begin)
  return `${take(characters, begin).join('')}${ELLIPSIS}${end.toReversed().join('')}`
}

/** Returns the characters of a text, each with its combining marks. */
function marked(text: string): readonly string[] {
  const found: string[] = []
  for (const one of text) {
    if (found.length > 0 && widthOf(one) === 0) found.push(`${found.pop() ?? ''}${one}`)
    else found.push(one)
  }
  return found
}

/** Returns as many characters as fit into the columns. */
function take(characters: readonly string[], columns: number): readonly string[] {
  let left = columns
  const end = characters.findIndex((one) => (left -= columnsOf(one)) < 0)
  return end < 0 ? characters : characters.slice(0, end)
}

/**
 * Returns the text in lines of at most this number of columns, broken at spaces. A longer word, such as a path, is not
 * broken, and neither is a command in quotes: the terminal wraps it, so it can still be copied. Null: returns one line.
 */
export function wrapWords(text: string, columns: number | null): readonly string[] {
  if (columns === null || columnsOf(text) <= columns) return [text]
  const lines: string[] = []
  for (const word of splitWords(text)) {
    const line = lines.at(-1)
    const longer = `${line ?? ''} ${word}`
    if (line === undefined || columnsOf(longer) > columns) lines.push(word)
    else lines[lines.length - 1] = longer
  }
  return lines
}

/** Returns a comment (`# ...`) in lines of at most this number of columns, each a comment, so that none is run when it is pasted. */
export function wrapComment(comment: string, columns: number): readonly string[] {
  const [mark, text] = ['# ', comment.replace(/^# /, '')]
  return wrapWords(text, columns - mark.length).map((line) => `${mark}${line}`)
}

/** Matches the first and the last word of a quotation, but not a word with an apostrophe. */
const OPENS = /^\(?'[^']+$/
const CLOSES = /^[^']*'[^'\w]*$/

/** Splits a text at its spaces, but not inside a quotation: `'spec-kitty init DIR'` counts as one word. */
export function splitWords(text: string): readonly string[] {
  const words: string[] = []
  let quoted: string[] = []
  for (const word of text.split(' ')) {
    if (quoted.length === 0 ? OPENS.test(word) : !word.includes("'")) quoted.push(word)
    else if (quoted.length > 0 && CLOSES.test(word)) {
      words.push([...quoted, word].join(' '))
      quoted = []
    } else {
      words.push(...quoted, word)
      quoted = []
    }
  }
  return [...words, ...quoted]
}
