import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { printable } from '../../src/cli/printable.js'
import { shellQuote } from '../../src/define/shell-quote.js'

describe('a quoted word', () => {
  it.each([
    'plain',
    '',
    'with blank',
    "it's",
    '"both" \'kinds\'',
    '$(touch x) `touch y` $HOME',
    'back\\slash \\n',
    '-n',
    'line\nbreak',
    "tab\tand 'quote' and \\",
    'escape \u001b[31m',
    'mark \u202e of direction',
    '100 % %s %b \n',
    'café 日本 \n 😀',
  ])('that is printed and copied into a shell is the same text: %j', (text) => {
    const printed = printable(shellQuote(text))
    // The shell drops line feeds at the end of such a word.
    const expected = text.replace(/\n+$/, '')
    expect(execFileSync('sh', ['-c', `printf %s ${printed}`], { encoding: 'utf8' })).toBe(expected)
  })
})
