import { describe, expect, it } from 'vitest'
import {
  columnsOf,
  padTo,
  shortenEnd,
  shortenMiddle,
  splitWords,
  wrapWords,
} from '../../src/cli/text-width.js'

/** Names as users give them: plain, with marks over letters, of two columns, with emoji. */
const NAMES = [
  '/home/ann/.spec-kitty',
  '/home/jose\u0301/cafe\u0301/.spec-kitty',
  '/home/山田太郎/プロジェクト/書類/.spec-kitty',
  '/home/김민준/한국어/아주/긴/이름/.spec-kitty',
  '/srv/🐈‍⬛/🎉🎉🎉🎉🎉🎉🎉🎉/.spec-kitty',
  '/srv/नमस्ते/दुनिया/.spec-kitty',
]

describe('the width of a text', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['山田', 4],
    ['ｶﾅ', 2],
    ['ＡＢ', 4],
    ['한', 2],
    ['🎉', 2],
    ['𠮷', 2],
    ['a\u200bb', 2],
    ['→…·✗', 4],
  ])('%j takes %i columns', (text, columns) => {
    expect(columnsOf(text)).toBe(columns)
    expect(columnsOf(padTo(text, 9, 'left'))).toBe(9)
    expect(columnsOf(padTo(text, 9, 'right'))).toBe(9)
  })
})

describe('a text that is too long', () => {
  it.each(NAMES)('%s is never wider than it may be, and says that something is left out', (name) => {
    for (let columns = 1; columns <= columnsOf(name) + 2; columns++) {
      for (const shorten of [shortenEnd, shortenMiddle]) {
        const short = shorten(name, columns)
        expect([columns, columnsOf(short) <= columns]).toEqual([columns, true])
        expect(short === name).toBe(columnsOf(name) <= columns)
        if (short !== name) expect(short).toContain('…')
      }
    }
  })

  it.each(NAMES)('%s keeps its begin and its end, and no half character', (name) => {
    const [begin = '', end = ''] = shortenMiddle(name, 20).split('…')
    expect([name.startsWith(begin), name.endsWith(end), begin === '', end === '']).toEqual([
      true,
      true,
      name.length === 0,
      false,
    ])
    expect(Buffer.from(`${begin}${end}`).toString()).toBe(`${begin}${end}`)
    expect(end).not.toMatch(/^\p{Mn}/u)
  })
})

describe('words', () => {
  it('are broken into lines at spaces, and nothing is lost', () => {
    const text = 'the quick brown 狐 jumps over /a/very/long/path/that/has/no/space and the lazy dog'
    for (let columns = 5; columns < 90; columns++) {
      const lines = wrapWords(text, columns)
      expect(lines.join(' ')).toBe(text)
      for (const line of lines)
        expect([columns, columnsOf(line) <= columns || !line.includes(' ')]).toEqual([columns, true])
    }
    expect(wrapWords(text, null)).toEqual([text])
  })

  it('in quotes stay together, so that a command can be copied; an apostrophe opens no quotation', () => {
    expect(splitWords("there is no project (not the user's): 'tool init DIR' makes one")).toEqual([
      'there',
      'is',
      'no',
      'project',
      '(not',
      'the',
      "user's):",
      "'tool init DIR'",
      'makes',
      'one',
    ])
    for (const text of [
      "'tool help COMMAND' tells",
      "see ('tool a b').",
      "an 'open end is no quotation",
      "users' and  blanks '",
      '',
    ])
      expect(splitWords(text).join(' ')).toBe(text)
    expect(splitWords("an 'open end is")).toEqual(['an', "'open", 'end', 'is'])
    for (let columns = 20; columns < 60; columns++)
      expect(
        wrapWords("nothing: 'tool init DIR' makes one", columns).some((line) =>
          line.includes("'tool init DIR'"),
        ),
      ).toBe(true)
  })
})
