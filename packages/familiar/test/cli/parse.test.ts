import { describe, expect, it } from 'vitest'
import type { Grammar } from '../../src/cli/grammar.js'
import { parseCommand } from '../../src/cli/parse.js'
import { asksForHelp, asksForJson, takeCommonFlags, takeWord } from '../../src/cli/arguments.js'
import { typosOf } from '../helpers/typos.js'

const GRAMMAR = {
  options: {
    lines: { short: 'n', value: { kind: 'number', name: 'N', from: 0, to: 999_999 }, text: '' },
    port: { value: { kind: 'port', name: 'N' }, text: '' },
    timeout: { value: { kind: 'seconds', name: 'SECONDS' }, text: '' },
    export: { value: { kind: 'file', name: 'FILE', needs: 'a file' }, text: '' },
    follow: { short: 'f', text: '' },
    status: { text: '' },
    stop: { text: '' },
    check: { text: '' },
    json: { text: '' },
  },
  operands: { name: 'DIR', min: 0, max: 1, needs: 'one DIR', kind: 'directory' },
  forms: [
    { may: ['lines', 'port', 'timeout', 'export', 'follow', 'json'] },
    { lead: 'status', may: ['check', 'json'] },
    { lead: 'stop', may: ['json'] },
  ],
} as const satisfies Grammar

const CONTEXT = { command: 'x list', ports: { from: 9400, to: 9450 } }

const parse = (...args: readonly string[]) => parseCommand(GRAMMAR, args, CONTEXT)

const NONE = {
  lines: undefined,
  port: undefined,
  timeout: undefined,
  export: undefined,
  follow: false,
  status: false,
  stop: false,
  check: false,
  json: false,
}

describe('a command line that is right', () => {
  it.each([
    [[], {}, []],
    [['--lines', '5', 'here'], { lines: 5 }, ['here']],
    [['here', '--lines=5'], { lines: 5 }, ['here']],
    [['-n', '5', '-f'], { lines: 5, follow: true }, []],
    [['-n5'], { lines: 5 }, []],
    [['-fn', '0'], { lines: 0, follow: true }, []],
    [['--port', '9449', '--json'], { port: 9449, json: true }, []],
    [['--timeout', '0.5'], { timeout: 0.5 }, []],
    [['--export', '-'], { export: '-' }, []],
    [['--export=--json'], { export: '--json' }, []],
    [['--export=a=b'], { export: 'a=b' }, []],
    [['--json', '--', '--lines'], { json: true }, ['--lines']],
    [['-'], {}, ['-']],
    [['--status', '--check', '--json'], { status: true, check: true, json: true }, []],
  ])('%j', (args, values, operands) => {
    expect(parse(...args)).toEqual({ values: { ...NONE, ...values }, operands })
  })
})

describe('a command line that is wrong names what is wrong, and the right form', () => {
  it.each([
    [['--lines'], '--lines needs a number from 0 to 999999'],
    [['--lines', '--json'], '--lines needs a number from 0 to 999999'],
    [['--lines='], "--lines needs a number from 0 to 999999, not ''"],
    [['--lines', ''], "--lines needs a number from 0 to 999999, not ''"],
    [['--export='], '--export needs a file'],
    [['--lines', '-1'], "--lines needs a number from 0 to 999999, not '-1'"],
    [['--lines', '1000000'], "--lines needs a number from 0 to 999999, not '1000000'"],
    [['--lines', '007'], "--lines needs a number from 0 to 999999, not '007'"],
    [['--timeout', '01.5'], "--timeout needs a number of seconds above 0 and below 1000000, not '01.5'"],
    [['--lines', '1e3'], "--lines needs a number from 0 to 999999, not '1e3'"],
    [['-n', 'x'], "-n needs a number from 0 to 999999, not 'x'"],
    [['--port', '9450'], "--port needs a port from 9400 to 9449, not '9450'"],
    [['--port', '09400x'], "--port needs a port from 9400 to 9449, not '09400x'"],
    [['--timeout', '0'], "--timeout needs a number of seconds above 0 and below 1000000, not '0'"],
    [
      ['--timeout', '1000000000'],
      "--timeout needs a number of seconds above 0 and below 1000000, not '1000000000'",
    ],
    [['--export'], '--export needs a file'],
    [['--export', '--json'], '--export needs a file'],
    [['--json=yes'], '--json takes no value'],
    [['--json='], '--json takes no value'],
    [['--json', '--json'], '--json is given twice'],
    [['-n', '1', '--lines', '2'], '--lines is given twice'],
    [['--status', '--stop'], 'use either --status or --stop'],
    [['--status', '--follow'], 'use either --status or --follow'],
    [['--check'], '--check needs --status'],
    [['--stop', '--check'], '--check needs --status'],
    [['a', 'b'], "unexpected word 'b' after 'x list'"],
    [[''], 'DIR must not be empty'],
    [['--lnies', '5'], "unknown option '--lnies': did you mean '--lines'?"],
    [['--LINES', '5'], "unknown option '--LINES': did you mean '--lines'?"],
    [['-json'], "unknown option '-json': did you mean '--json'?"],
    [['--f'], "unknown option '--f': did you mean '-f'?"],
    [['-x'], "unknown option '-x'"],
    [['--constructor'], "unknown option '--constructor'"],
    [['--hlep'], "unknown option '--hlep': did you mean '--help'?"],
    [['\u2013json'], "'\u2013json' begins with a dash that is no hyphen: write --json"],
    [['\u2014\u2014lines=5'], "'\u2014\u2014lines=5' begins with a dash that is no hyphen: write --lines"],
    [['-\u2010json'], "'-\u2010json' begins with a dash that is no hyphen: write --json"],
  ])('%j', (args, message) => {
    expect(wrong(() => parse(...args))).toBe(message)
  })

  it('whatever the slip in a flag', () => {
    for (const name of Object.keys(GRAMMAR.options)) {
      for (const typo of typosOf(name)) {
        expect([typo, wrong(() => parse(`--${typo}`))]).toEqual([
          typo,
          expect.stringContaining(`'--${name}'`),
        ])
      }
    }
  })

  it('where too few or the wrong words follow', () => {
    const operands = { name: 'SHELL', min: 1, max: 1, needs: 'one of bash and zsh', kind: 'text' } as const
    const shells = { options: {}, operands: { ...operands, choices: ['bash', 'zsh'] } }
    const run = (...args: readonly string[]) => parseCommand(shells, args, { command: 'completion' })
    expect(run('zsh').operands).toEqual(['zsh'])
    expect(wrong(() => run())).toBe('completion needs one of bash and zsh')
    expect(wrong(() => run('bsh'))).toBe(
      "completion needs one of bash and zsh, not 'bsh': did you mean 'bash' or 'zsh'?",
    )
  })
})

function wrong(read: () => unknown): string {
  try {
    return `nothing is wrong: ${JSON.stringify(read())}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe('the words of a command line', () => {
  it('are found behind flags and their values', () => {
    const valued = new Set(['--lines'])
    expect(takeWord(['--json', '--lines', '5', 'logs', 'x'], valued)).toEqual({
      word: 'logs',
      rest: ['--json', '--lines', '5', 'x'],
    })
    expect(takeWord(['--json', '--', 'logs'], valued)).toEqual({ word: null, rest: ['--json', '--', 'logs'] })
  })

  it('ask for help or JSON before -- only', () => {
    expect([['help'], ['-h'], ['--json', 'help'], ['x', '--help']].map(asksForHelp)).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect([[], ['x', 'help'], ['--', '--help'], ['--', 'help']].map(asksForHelp)).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect([['a', '--json'], ['--', '--json'], ['--json=1']].map(asksForJson)).toEqual([true, false, false])
  })

  it('leave out the flags that every command has', () => {
    expect(takeCommonFlags(['-q', 'a', '--no-color', '--verbose', '--', '--quiet'])).toEqual({
      args: ['a', '--', '--quiet'],
      isVerbose: true,
      isQuiet: true,
      hasNoColor: true,
    })
    for (const [word, rest] of [
      ['-fq', '-f'],
      ['-qf', '-f'],
      ['-qn', '-n'],
      ['-fqn5', '-fn5'],
      ['-qh', '-h'],
    ] as const)
      expect(takeCommonFlags([word, '1'])).toMatchObject({ args: [rest, '1'], isQuiet: true })
    for (const word of ['-quiet', '-n', '-fn', '-', '--qf', '-5q'])
      expect(takeCommonFlags([word])).toMatchObject({ args: [word], isQuiet: false })
    expect(takeCommonFlags(['a'])).toEqual({
      args: ['a'],
      isVerbose: false,
      isQuiet: false,
      hasNoColor: false,
    })
  })
})

describe('the name that stands for a value in the help', () => {
  it.each([
    [['--export', 'FILE'], "'--export FILE' is an example: replace FILE by what you mean"],
    [['--export=FILE'], "'--export FILE' is an example: replace FILE by what you mean"],
    [['DIR'], "'DIR' is an example: replace it by what you mean"],
    [['--', 'DIR'], "'DIR' is an example: replace it by what you mean"],
  ])('is no value: %j', (args, message) => {
    expect(() => parse(...args)).toThrow(message)
  })

  it('may be part of one', () => {
    expect(parse('--export', './FILE').values.export).toBe('./FILE')
    expect(parse('./DIR').operands).toEqual(['./DIR'])
    expect(parse('--export', 'file', 'DIRS').operands).toEqual(['DIRS'])
  })
})
