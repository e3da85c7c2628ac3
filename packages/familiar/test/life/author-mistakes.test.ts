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
