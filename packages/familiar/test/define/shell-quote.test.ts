import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { printable } from '../../src/cli/printable.js'
import { shellQuote } from '../../src/define/shell-quote.js'
import { fileNameOf } from '../../src/identity/path-text.js'
import { seeded } from '../helpers/random.js'
import { skipAloud } from '../helpers/skip.js'

const NAMES = [
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
  '/ends in a line feed\n',
  '/in two\n\n',
  '\n',
  '/two\\\\backslashes',
  "/\\'quoted\\''",
  '/at the end\\',
  '/not UTF-8 \udcff\udc80',
  '=ls',
  '%self',
  '~',
  '~root/x',
  'a=~/b',
  '{a,b} [ab]* ?',
  '!! ^a^b #c',
  'a;b&c|d<e>f(g)',
]

const PIECES = ['\\', "'", '"', '\n', '\r', '\t', '\u001b', '\u0001', ' ', '$', '`', '!', '~', '-', '=', '%']
const MORE = ['*', '?', '[', '{', ',', '}', '#', ';', '&', '(', ')', 'a', '0', '7', 'n', 'é', '😀', '\udcff']

/** A word as it may stand after a directory: every mixture of characters that a shell treats in its own way. */
function generated(count: number): readonly string[] {
  const { random } = seeded('names for shells')
  const pieces = [...PIECES, ...MORE]
  const below = (limit: number): number => Math.floor(random() * limit)
  const name = () => Array.from({ length: 1 + below(8) }, () => pieces[below(pieces.length)]).join('')
  return Array.from({ length: count }, name)
}

/** A slash follows a line feed at the end: as the name of a directory, that is the same. */
function meant(text: string): string {
  return Buffer.from(fileNameOf(text.replace(/\n$/, '\n/'))).toString('latin1')
}

describe('a quoted word that is printed and copied', () => {
  it.for(['sh', 'bash', 'zsh', 'fish'])('is the same text in %s', (shell, context) => {
    if (spawnSync(shell, ['-c', 'true']).status !== 0) skipAloud(context, `${shell} is not installed`)
    const names = [...NAMES, ...generated(400)]
    const words = names.map((name) => printable(shellQuote(name)))
    // Between brackets, because a shell may drop an empty word, and after an assignment, as the home stands in a command.
    const line = `printf '[%s]\\n' ${words.join(' ')}; X=${words[20]} env | grep -c '^X='`
    const args = shell === 'fish' ? ['--no-config', '-c', line] : ['-c', line]
    const said = execFileSync(shell, args, { encoding: 'latin1' })
    expect(said).toBe(`${names.map((name) => `[${meant(name)}]\n`).join('')}1\n`)
  })
})
