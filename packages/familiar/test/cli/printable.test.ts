import { describe, expect, it } from 'vitest'
import { formatJson } from '../../src/cli/print-json.js'
import { printable, printableLines, printableStyled } from '../../src/cli/printable.js'

const C1 = Array.from({ length: 0x21 }, (_, index) => String.fromCharCode(0x7f + index)).join('')
const MARKS = '\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'

/** Everything that a terminal or an editor may obey, but tabs and line feeds. */
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** A name that a directory can have, and that would clear the screen, colour it, and turn the text round. */
const NAME = `a\u001b[2J\u009b31m\u202eb\u2028c\u007f`

describe('a JSON document', () => {
  it('has no raw control character, and says the same', () => {
    const document = { [`k${MARKS}`]: [`v${C1}${MARKS}\u0000\u001b\té😀`] }
    const text = formatJson(document)
    expect(text).not.toMatch(OBEYED)
    expect(text).toContain('é😀')
    expect(text).toContain('\\u202e')
    expect(JSON.parse(text)).toEqual(document)
  })
})

describe('what people read', () => {
  it('shows control characters as a question mark; lines keep tabs and line feeds', () => {
    expect(printable(`a\t\n\r${NAME}`)).toBe('a???a?[2J?31m?b?c?')
    expect(printableLines(`a\t\n\r${NAME}`)).toBe('a\t\n?a?[2J?31m?b?c?')
    expect(printableLines(`${C1}${MARKS}`)).toMatch(/^\?+$/)
  })

  it('keeps our own colours, and only where there are colours', () => {
    const text = `\u001b[31mred\u001b[39m \u001b[2J\u001b]0;title\u0007`
    expect(printableStyled(text, true)).toBe('\u001b[31mred\u001b[39m ?[2J?]0;title?')
    expect(printableStyled(text, false)).toBe('?[31mred?[39m ?[2J?]0;title?')
  })
})
