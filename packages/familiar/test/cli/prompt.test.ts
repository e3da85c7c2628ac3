import { PassThrough } from 'node:stream'
import { afterEach, expect, it, vi } from 'vitest'
import { confirm } from '../../src/cli/prompt.js'
import { endedAnyway } from '../../src/cli/reset-range.js'

afterEach(() => vi.restoreAllMocks())

/** Reads all that was written. (In Node 26, one call returns one piece of it.) */
function allOf(output: PassThrough): string {
  let text = ''
  for (let piece: Buffer | null; (piece = output.read() as Buffer | null) !== null;) text += piece.toString()
  return text
}

/** Types the lines, and returns what was decided and what the user read. */
async function answering(text: string): Promise<{ isYes: boolean; screen: string }> {
  const [input, output] = [new PassThrough(), new PassThrough()]
  input.end(text)
  const isYes = await confirm('End it?', { input, output, interrupted: 'tool: interrupted' })
  return { isYes, screen: allOf(output) }
}

it.each([
  ['y\n', true],
  ['YES\n', true],
  ['n\n', false],
  ['No\n', false],
  ['\n', false],
])('%j is an answer, asked for once', async (text, isYes) => {
  expect(await answering(text)).toEqual({ isYes, screen: 'End it? [y/N] ' })
})

it('says that the end of input (Ctrl+D) is no answer, and counts as no', async () => {
  expect(await answering('')).toEqual({
    isYes: false,
    screen: 'End it? [y/N] \nno answer: counts as no\n',
  })
})

it('is preceded by what is ended whatever the answer is, and how to end nothing', () => {
  expect(endedAnyway(0, 1)).toBe('y ends this one; n and Ctrl+C end nothing.\n')
  expect(endedAnyway(0, 2)).toBe('y ends these; n and Ctrl+C end nothing.\n')
  expect(endedAnyway(1, 1)).toMatch(/^n ends only the 1 that is proven stale, y this one too; /)
  expect(endedAnyway(18, 2)).toBe(
    'n ends only the 18 that are proven stale, y these too; Ctrl+C ends nothing.\n',
  )
  expect(endedAnyway(18, 2, 60)).toBe(
    'n ends only the 18 that are proven stale, y these too;\nCtrl+C ends nothing.\n',
  )
})

it('asks once more about an answer that is neither yes nor no', async () => {
  const asked = 'End it? [y/N] Please answer y or n.\nEnd it? [y/N] '
  expect(await answering('foo\ny\n')).toEqual({ isYes: true, screen: asked })
  expect(await answering('foo\nbar\ny\n')).toEqual({
    isYes: false,
    screen: `${asked}That is neither yes nor no, and counts as no.\n`,
  })
})

it('says on Ctrl+C what the tool says was not done, and exits with 130', async () => {
  const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: true })]
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => input.end()) as never)
  const answer = confirm('End it?', { input, output, interrupted: 'tool: interrupted; nothing was ended' })
  input.write('\u0003')
  expect(await answer).toBe(false)
  expect(exit).toHaveBeenCalledWith(130)
  expect(allOf(output)).toContain('\ntool: interrupted; nothing was ended\n')
})

/** A terminal as Node shows it, in which something was typed before anything asked for it. */
function terminalWith(typed: string) {
  const input = Object.assign(new PassThrough(), {
    isTTY: true as const,
    setRawMode: vi.fn<(isRaw: boolean) => void>(),
  })
  input.write(typed)
  return { input, output: new PassThrough() }
}

it.each(['y\n', 'y', 'yes\ny\ny\n'])(
  'on a terminal, %j typed before the question is no answer',
  async (typed) => {
    const { input, output } = terminalWith(typed)
    const answer = confirm('End it?', { input, output, interrupted: 'tool: interrupted' })
    output.once('data', () => input.write('\n'))
    expect(await answer).toBe(false)
    expect(input.setRawMode.mock.calls.slice(0, 2)).toEqual([[true], [false]])
  },
)

it('on a terminal, what is typed after the question is the answer, whatever was typed before', async () => {
  const { input, output } = terminalWith('n\nn\n')
  const answer = confirm('End it?', { input, output, interrupted: 'tool: interrupted' })
  output.once('data', () => input.write('y\n'))
  expect(await answer).toBe(true)
})

it('takes a Ctrl+C that arrives just before the question for what it is', async () => {
  const { input, output } = terminalWith('y\n\u0003')
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exit')
  })
  await expect(confirm('End it?', { input, output, interrupted: 'tool: interrupted' })).rejects.toThrow(
    'exit',
  )
  expect(exit).toHaveBeenCalledWith(130)
})
