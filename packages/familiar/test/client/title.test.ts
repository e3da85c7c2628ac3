import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Daemon } from 'familiar'
import { sandbox, type Sandbox } from 'familiar/testing'
import { toolWith } from '../fixtures/tool/tool.mjs'

/** The name that the author gives the daemon is the one that users read, in every error and every wait. */

let box: Sandbox
let tool: Daemon

beforeEach(async () => {
  tool = toolWith({ words: { title: 'todo server' } })
  box = await sandbox(tool)
  vi.stubEnv('CI', '')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await box.close()
})

it('a start that takes long names the daemon by its title', async () => {
  vi.stubEnv('TOOL_SLOW_MS', '2000')
  const lines: string[] = []
  await tool.connect({ onWait: (line) => void lines.push(line) })
  expect(lines).toEqual([expect.stringMatching(/^waiting for the todo server \(process \d+\) to come up, /)])
})

it('so do the errors', async () => {
  await expect(tool.connect({ start: false })).rejects.toThrow(/^no todo server is used: /)
  vi.stubEnv('TOOL_ENTRY', './wrong-files.mjs')
  await expect(tool.connect()).rejects.toThrow(/^later commands would not find this todo server: /)
})
