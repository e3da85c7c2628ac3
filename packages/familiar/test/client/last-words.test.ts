import { expect, it } from 'vitest'
import { lastWords } from '../../src/client/last-words.js'

const crash = (...error: readonly string[]): string =>
  ['file:///x/serve.js:3', 'throw it', '^', '', ...error, '', 'Node.js v24.1.0', ''].join('\n')

it.each([
  ['an error alone', crash('Error: no', '    at file:///x/serve.js:3:7'), ['Error: no']],
  [
    'one with properties',
    crash('Error: no', '    at x (y:1:2) {', "  code: 'E',", '  more: {', '    a: 1', '  }', '}'),
    ['Error: no'],
  ],
  ['one without a stack', crash('[Error: no] {', "  code: 'E'", '}'), ['[Error: no]']],
  ['one without a stack, in one line', crash('[Error: no] { code: 1 }'), ['[Error: no] { code: 1 }']],
  [
    'its causes',
    crash(
      'Error: no',
      '    at x (y:1:2) {',
      '  [cause]: Error: inner',
      '      at x (y:1:2) {',
      "    code: 'E',",
      "    [cause]: 'why'",
      '  }',
      '}',
    ),
    ['Error: no', 'caused by: Error: inner', "caused by: 'why'"],
  ],
  ['a text', crash('no', '(Use `node --trace-uncaught ...` to show where the exception was thrown)'), ['no']],
  [
    'a message of many lines, some like those of Node',
    crash('Error: no', '', 'a.js:3', '    ^', '', 'b', 'c', 'd'),
    ['Error: no', 'a.js:3', '    ^', 'b', 'c'],
  ],
  [
    'a beginning that is cut off',
    `${' '.repeat(40)}^\n\nSyntaxError: no\n    at x\n\nNode.js v22.0.0\n`,
    ['SyntaxError: no'],
  ],
  [
    'what comes before an error, and after it',
    `{"event":"started"}\n${crash('Error: no', '    at x')}one more\n`,
    ['Error: no'],
  ],
  ['the last lines', 'a\nb\n\nc\n    at x\nd\ne\nf\n', ['b', 'c', 'd', 'e', 'f']],
  ['a brace that is not closed', 'a\n    at x {\nb: 1\n', ['a', 'b: 1']],
  ['nothing', '', []],
])('%s', (_, text, words) => {
  expect(lastWords(text)).toEqual(words)
})

it('shortens a long line', () => {
  expect(lastWords('x'.repeat(9_000))[0]?.length).toBeLessThan(600)
})
