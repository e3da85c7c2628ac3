import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { askEach } from '../../src/cli/ask-each.js'
import { choose, confirm, type Choice } from '../../src/cli/prompt.js'
import { endedAnyway } from '../../src/cli/reset-range.js'

afterEach(() => vi.restoreAllMocks())

/** Types the lines, and returns what was decided and what the user read. */
async function answering(text: string): Promise<{ isYes: boolean; screen: string }> {
  const [input, output] = [new PassThrough(), new PassThrough()]
  input.end(text)
  const isYes = await confirm('End it?', { input, output, interrupted: 'tool: interrupted' })
  return { isYes, screen: String(output.read()) }
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
  expect(endedAnyway(0)).toBe('')
  expect(endedAnyway(1)).toMatch(/^1 is proven stale /)
  expect(endedAnyway(18)).toBe('18 are proven stale and will be ended, also after n; Ctrl+C ends nothing.\n')
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
  expect(String(output.read())).toContain('\ntool: interrupted; nothing was ended\n')
})

/** Types the lines at a question about one of several things. */
async function choosing(text: string): Promise<{ choice: Choice; screen: string }> {
  const [input, output] = [new PassThrough(), new PassThrough()]
  input.end(text)
  const choice = await choose('1 of 2: end it?', { input, output, interrupted: 'tool: interrupted' })
  return { choice, screen: String(output.read()) }
}

describe('a question about one of several', () => {
  const asked = '1 of 2: end it? [y/N/all/quit] '

  it.each([
    ['y\n', 'yes'],
    ['N\n', 'no'],
    ['\n', 'no'],
    ['all\n', 'all'],
    ['A\n', 'all'],
    ['quit\n', 'quit'],
    ['q\n', 'quit'],
  ])('takes %j as %s', async (text, choice) => {
    expect(await choosing(text)).toEqual({ choice, screen: asked })
  })

  it('takes the end of input as an answer to all that follow, and what is no answer as no', async () => {
    expect(await choosing('')).toEqual({ choice: 'quit', screen: `${asked}\nno answer: counts as quit\n` })
    expect(await choosing('foo\nbar\n')).toEqual({
      choice: 'no',
      screen: `${asked}Please answer y, n, all or quit.\n${asked}That is none of them, and counts as no.\n`,
    })
  })
})

describe('what needs a decision', () => {
  /** Returns what is to be ended of 9420, 9421 and 9422, what was asked, and what was said before. */
  async function ask(answers: readonly Choice[], ports: readonly number[] = [9420, 9421, 9422]) {
    const left = [...answers]
    const asked: string[] = []
    let said = ''
    const chosen = await askEach(ports, (port) => `port ${port}`, {
      errorColumns: null,
      err: (text) => void (said += text),
      confirm: (question) => Promise.resolve(asked.push(question) > 0 && left.shift() === 'yes'),
      choose: (question) => Promise.resolve(asked.push(question) > 0 ? (left.shift() ?? 'quit') : 'quit'),
    })
    return { chosen, asked, said }
  }

  it('is asked about one by one, and each question names its process', async () => {
    expect(await ask(['yes', 'no', 'yes'])).toEqual({
      chosen: [9420, 9422],
      asked: ['1 of 3: end port 9420?', '2 of 3: end port 9421?', '3 of 3: end port 9422?'],
      said: 'One question for each. y: end it. n or Enter: leave it. all: end it and the rest. quit: leave it and the rest.\n',
    })
  })

  it.each<[Choice[], number[], number]>([
    [['all'], [9420, 9421, 9422], 1],
    [['no', 'all'], [9421, 9422], 2],
    [['quit'], [], 1],
    [['yes', 'quit'], [9420], 2],
  ])('is decided by %j', async (answers, wanted, count) => {
    const { chosen, asked } = await ask(answers)
    expect([chosen, asked.length]).toEqual([wanted, count])
  })

  it('is asked about in one word where there is only one', async () => {
    expect(await ask(['yes'], [9420])).toEqual({ chosen: [9420], asked: ['Also end it?'], said: '' })
    expect((await ask(['no'], [9420])).chosen).toEqual([])
  })
})
