import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Daemon } from 'familiar'
import { sandbox, type Sandbox } from 'familiar/testing'
import { toolWith } from '../fixtures/tool/tool.mjs'

/** What an author hears of a mistake in the module that serves: a typed error that names it, at the first start. */

let box: Sandbox
let tool: Daemon

beforeEach(async () => {
  tool = toolWith()
  box = await sandbox(tool)
  vi.stubEnv('TOOL_ENTRY', './mistaken.mjs')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await box.close()
})

describe('a process that serves once more', () => {
  const CALLED = {
    code: 'E_DEFINITION_INVALID',
    message: expect.stringContaining('serve: it was called already'),
  }

  it('in a handler gets a typed error, and goes on', async () => {
    vi.stubEnv('TOOL_HOW', 'serves again in a handler')
    const daemon = await tool.connect()
    for (const path of ['/one', '/two']) expect(await (await daemon.fetch(path)).json()).toEqual(CALLED)
  })

  it.each(['serves twice', 'serves twice at once'])('ends with that error in its log: it %s', async (how) => {
    vi.stubEnv('TOOL_HOW', how)
    await tool.connect().catch(() => null)
    await vi.waitFor(async () => expect((await tool.status()).state).not.toBe('running'), { timeout: 60_000 })
    expect(readFileSync(tool.logFile, 'utf8')).toContain(CALLED.code)
  })
})

describe('a health reply', () => {
  it.each([
    [
      'is too large',
      'E_DEFINITION_INVALID',
      /^defineDaemon: health must return at most 32768 bytes of JSON, not 70\d+$/,
    ],
    [
      'has a cycle',
      'E_DEFINITION_INVALID',
      /^defineDaemon: health must return what JSON can express: .*circular.*$/,
    ],
    ['has a number that JSON does not have', 'E_DEFINITION_INVALID', /what JSON can express: .*BigInt$/],
    ['is a text', 'E_DEFINITION_INVALID', /must return an object, not 'text'$/],
    ['is a promise', 'E_DEFINITION_INVALID', /must return an object, not Promise/],
    ['throws', 'E_DAEMON_START_FAILED', /: its health throws: the first line the second$/],
  ])('that %s fails at the first start, in one line', async (how, code, message) => {
    vi.stubEnv('TOOL_HOW', `health ${how}`)
    await expect(tool.connect()).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it.each(['grows too large later', 'has a cycle later', 'throws later'])(
    'that %s is left out, and the log says so once',
    async (how) => {
      vi.stubEnv('TOOL_HOW', `health ${how}`)
      const { pid } = await tool.connect()
      for (let asked = 0; asked < 3; asked++) {
        expect(await tool.status()).toMatchObject({ state: 'running', pid })
        expect(await (await (await tool.connect()).fetch('/')).text()).toBe('it answers')
      }
      const lines = readFileSync(tool.logFile, 'utf8').split('\n')
      expect(lines.filter((line) => line.includes('"event":"health_failed"'))).toHaveLength(1)
    },
  )
})

describe('a daemon that fails when it begins to work', () => {
  it.each([
    'its work does not start',
    'its work does not start, later',
    'an error of its own ends it',
    'a rejection that it does not handle ends it',
  ])('is a typed error with the reason: %s', async (how) => {
    vi.stubEnv('TOOL_HOW', how)
    await expect(tool.connect()).rejects.toMatchObject({
      code: 'E_DAEMON_START_FAILED',
      message: expect.stringMatching(
        /^the daemon (?:did not start: |started and then ended \(exit code 1\)).*no work today[^\n]*$/,
      ),
      retry: false,
    })
  })
})

describe('a daemon that serves what cannot be', () => {
  it.each([
    ['serves a text', "serve: the handler must be a function or null, not 'x'"],
    ['serves nothing', 'serve: the handler must be a function or null, not undefined'],
    ['serves with an option that is none', 'serve: there is no option handler'],
    ['serves with settings that are none', 'serve: the options must be an object, not null'],
    ['serves work that is none', "serve: work.stop must be a function, not 'now'"],
  ])('fails at the first start: it %s', async (how, message) => {
    vi.stubEnv('TOOL_HOW', how)
    await expect(tool.connect()).rejects.toMatchObject({ code: 'E_DEFINITION_INVALID', message })
  })
})

it('a fetch with options that cannot be right is a TypeError that says what is wrong', async () => {
  vi.stubEnv('TOOL_ENTRY', './serve.mjs')
  const daemon = await tool.connect()
  const fetch = daemon.fetch as (path: string, init: unknown) => Promise<unknown>
  for (const [init, message] of [
    [null, 'fetch: the options must be an object, not null'],
    [{ signal: 5 }, 'fetch: signal must be an AbortSignal, not 5'],
    [{ headersTimeoutMs: '5' }, "fetch: headersTimeoutMs must be a number of milliseconds above 0, not '5'"],
    [{ metod: 'POST' }, 'fetch: there is no option metod: did you mean method?'],
    [{ headers: 'x-a: b' }, 'the headers of a request are an object, or pairs of a name and a value'],
    [{ headers: [['a']] }, 'the value of the header a'],
  ] as const) {
    const error = await fetch('/x', init).catch((thrown: unknown) => thrown)
    expect([error instanceof TypeError, String(error)]).toEqual([true, expect.stringContaining(message)])
  }
  const told = await daemon.fetch('/x', { headers: new Headers({ 'X-A': 'b' }) })
  expect(told.status).toBe(200)
})

it.each([
  ['waits for ever', '(exit code 13: a top-level await of its file never ended)'],
  [
    'does not serve in time',
    / within 1[5-9] s: its file has not called serve, or what it does before takes too long/,
  ],
])('a module that %s is told so', async (how, message) => {
  vi.stubEnv('TOOL_HOW', how)
  await expect(tool.connect()).rejects.toMatchObject({
    code: 'E_DAEMON_START_FAILED',
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  })
})

it('a daemon whose work stops with an error ends all the same, and its log says so', async () => {
  vi.stubEnv('TOOL_HOW', 'its work stops with an error')
  await tool.connect()
  expect(await tool.stop()).toMatchObject({ outcome: 'stopped' })
  expect(readFileSync(tool.logFile, 'utf8')).toMatch(/"work_failed","why":"Error: not saved"/)
})
