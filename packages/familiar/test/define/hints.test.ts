import { expect, it } from 'vitest'
import { cleanCommand, stopElsewhere } from '../../src/define/hints.js'
import type { Words } from '../../src/define/options.js'
import { shellQuote } from '../../src/define/shell-quote.js'

/** Returns the words of a tool whose commands name this home. */
function wordsIn(home: string): Words {
  const at = (root: string): string => `TOOL_HOME=${shellQuote(root)} `
  return {
    clean: `${at(home)}tool doctor --reset`,
    stop: `${at(home)}tool stop`,
    status: `${at(home)}tool status`,
    inScope: at,
    showElsewhere: (scope: string) => `${at(scope)}tool status`,
  } as unknown as Words
}

it.each(['/plain', "/it's here", '/with blank', '/line\nfeed', '/not UTF-8 \udcff', '/back\\slash "quoted"'])(
  'a command for another scope names only that one, wherever this one is: %j',
  (home) => {
    expect(cleanCommand(wordsIn(home), '/other')).toBe('TOOL_HOME=/other tool doctor --reset')
    expect(stopElsewhere(wordsIn(home), '/other')).toBe('TOOL_HOME=/other tool stop')
  },
)
