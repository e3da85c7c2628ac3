import { describe, expect, it } from 'vitest'

import { splitCommandLine } from '../../../src/observe/platform/split-command-line.js'

/** Quotes as Python's `subprocess` and libuv do, so that the program gets exactly these arguments. */
function join(args: readonly string[]): string {
  return args.map(quote).join(' ')
}

function quote(argument: string): string {
  if (argument !== '' && !/[ \t\n"]/.test(argument)) return argument
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`
}

describe('splitCommandLine', () => {
  it.each([
    ['', ['']],
    ['node', ['node']],
    ['node a  b\tc ', ['node', 'a', 'b', 'c']],
    ['"C:\\Program Files\\nodejs\\node.exe" a', ['C:\\Program Files\\nodejs\\node.exe', 'a']],
    ['C:\\"Program Files"\\x.exe a', ['C:\\Program Files\\x.exe', 'a']],
    ['"C:\\dir\\" a', ['C:\\dir\\', 'a']],
    ['x "a b" c', ['x', 'a b', 'c']],
    ['x "a b', ['x', 'a b']],
    ['x ""', ['x', '']],
    ['x a"b c"d', ['x', 'ab cd']],
    ['x a\\\\b \\\\srv\\s', ['x', 'a\\\\b', '\\\\srv\\s']],
    ['x "a\\\\b"', ['x', 'a\\\\b']],
    ['x a\\"b', ['x', 'a"b']],
    ['x "a\\"b"', ['x', 'a"b']],
    ['x "a\\\\" b', ['x', 'a\\', 'b']],
    ['x "a\\\\\\" b"', ['x', 'a\\" b']],
    ['x "a""b c"', ['x', 'a"b c']],
    ['x "a"" b', ['x', 'a" b']],
    ['x a\\', ['x', 'a\\']],
    ['x a\nb', ['x', 'a\nb']],
    ['   x', ['', 'x']],
  ])('%j has the arguments %j', (line, args) => {
    expect(splitCommandLine(line)).toEqual(args)
  })

  it('gives back the multi-line script of a predecessor', () => {
    const args = [
      'C:\\Users\\dev\\Scripts\\python.exe',
      '-c',
      'import os\nos.environ["X"] = "1"\nrun_sync_daemon(9400, \'8dbd\')\n',
      '--spec-kitty-daemon-root=C:\\Users\\dev\\spec kitty\\',
    ]
    expect(splitCommandLine(join(args))).toEqual(args)
  })

  it('gives back every argument of up to five of the characters that matter', () => {
    const wrong = words(['a', ' ', '"', '\\', '\n'], 5)
      .map((word) => ['C:\\x.exe', word, 'z', word])
      .filter((args) => JSON.stringify(splitCommandLine(join(args))) !== JSON.stringify(args))
    expect(wrong).toEqual([])
  })
})

function words(characters: readonly string[], length: number): readonly string[] {
  if (length === 0) return ['']
  const shorter = words(characters, length - 1)
  return ['', ...shorter.flatMap((word) => characters.map((character) => word + character))]
}
