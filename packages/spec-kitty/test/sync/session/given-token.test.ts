import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readTokenFrom } from '../../../src/sync/session/given-token.js'

/** Standard input that is a pipe. */
const inputOf = (...parts: readonly string[]): NodeJS.ReadStream =>
  Readable.from(parts.map((part) => Buffer.from(part))) as NodeJS.ReadStream

const NEVER = async (): Promise<string> => expect.fail('it asked')

describe('a token on standard input', () => {
  it.each([
    ['secret.token-1'],
    ['  secret.token-1 \n'],
    ['\r\nsecret.token-1\r\n'],
    ['secret', '.token-1', '\n'],
  ])('is one line, blanks around it ignored: %j', async (...parts) =>
    expect(await readTokenFrom(inputOf(...parts), NEVER)).toBe('secret.token-1'),
  )

  it.each([
    '',
    ' \n ',
    'se cret',
    'se\ncret',
    'se\tcret',
    'sécret',
    'se\u0000cret',
    'cret'.repeat(5_000),
    'cret'.repeat(50_000),
  ])('is nothing else, and is not repeated (%#)', async (text) => {
    const refused = readTokenFrom(inputOf(text), NEVER)
    await expect(refused).rejects.toMatchObject({ name: 'UsageError' })
    await expect(refused).rejects.not.toThrow('cret')
  })

  it.each(['', ' \n'])(
    'that is missing is told of the variable of the printed commands: %j',
    async (text) => {
      await expect(readTokenFrom(inputOf(text), NEVER)).rejects.toThrow(
        'standard input contains no token; if it should come from a variable, that is empty, not set or not exported',
      )
    },
  )

  it('is asked for on a terminal', async () => {
    const terminal = Object.assign(inputOf('never read'), { isTTY: true as const })
    expect(await readTokenFrom(terminal, async () => ' secret.token-1 ')).toBe('secret.token-1')
    await expect(readTokenFrom(terminal, async () => '')).rejects.toThrow('no token was typed')
    await expect(readTokenFrom(terminal, async () => 'se cret')).rejects.toThrow(
      'what was typed is not a token',
    )
  })
})
