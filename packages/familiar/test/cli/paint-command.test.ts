import { expect, it } from 'vitest'
import { shellQuote, splitComment, withoutQuoted } from '../../src/define/shell-quote.js'
import { commandLines } from '../../src/cli/paint-command.js'

const HOSTILE = ['/a: tool sync x', "/it's  # tool sync", '/b: tool x\ntab\t', "/c' tool y '"]

it.each(HOSTILE)('a remedy is not split within the path %j', (path) => {
  const command = `mv ${shellQuote(path)} ${shellQuote(`${path}.old`)}`
  expect(commandLines(`to move it away: ${command}`, 'tool')).toBe(null)
  expect(commandLines(`then: tool init ${shellQuote(path)}`, 'tool')).toEqual([
    'then:',
    `tool init ${shellQuote(path)}`,
  ])
})

it.each(HOSTILE)(
  'a comment begins behind the path %j, and a word in it is not one of the command',
  (path) => {
    const command = `tool sync opt-in ${shellQuote(path)}`
    expect(splitComment(command)).toEqual([command, null])
    expect(splitComment(`${command}  # it's done`)).toEqual([command, "it's done"])
    expect(withoutQuoted(`tool x ${shellQuote('/a sync b')}`)).toBe('tool x ')
  },
)
