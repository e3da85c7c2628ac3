import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Daemon } from 'familiar'
import { sandbox, type Sandbox } from 'familiar/testing'
import { toolWith } from '../fixtures/tool/tool.mjs'
import { logged } from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'

/** A request that is repeated does not undo a stop. */

let box: Sandbox
let tool: Daemon

beforeEach(async () => {
  tool = toolWith()
  box = await sandbox(tool, { drainTimeoutSeconds: 0.3 })
  vi.stubEnv('TOOL_ENTRY', './worker.mjs')
  vi.stubEnv('TOOL_GO', join(box.directory, 'go'))
  vi.stubEnv('TOOL_NOTES', join(box.directory, 'notes'))
  writeFileSync(join(box.directory, 'go'), '')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await box.close()
})

const STOPPED = {
  code: 'E_DAEMON_UNREACHABLE',
  message: expect.stringContaining('the tool daemon was stopped by a command'),
  hint: expect.stringMatching(/^start it: .*start/),
  retry: false,
}

const starts = (): number => logged(tool.logFile, 'started').length

/** A request that its handler has begun. */
async function begin(waits: string, init: object = {}) {
  vi.stubEnv('TOOL_WAITS', waits)
  const connection = await tool.connect()
  const asked = connection.fetch('/', init)
  asked.catch(() => undefined)
  const notes = join(box.directory, 'notes')
  await eventually(() => expect(existsSync(notes) && readFileSync(notes, 'utf8')).toContain('asked'))
  vi.stubEnv('TOOL_WAITS', '')
  return { connection, asked }
}

describe('a request in flight does not start a daemon again after a stop', () => {
  it.for([
    ['whose handler honours the signal', 'by signal', {}],
    ['whose handler does not, so that its connection ends', 'for long', {}],
    ['that may be repeated', 'by signal', { method: 'POST', body: 'c', retry: true }],
  ] as const)('one %s', async ([, waits, init]) => {
    const { asked } = await begin(waits, init)
    expect(await tool.stop()).toMatchObject({ outcome: 'stopped' })
    await expect(asked).rejects.toMatchObject(STOPPED)
    expect([(await tool.status()).state, starts()]).toEqual(['stopped', 1])
  })
})

describe('a connection whose daemon was stopped', () => {
  it('starts none, but uses one that a command has started', async () => {
    const connection = await tool.connect()
    await tool.stop()
    await expect(connection.fetch('/')).rejects.toMatchObject(STOPPED)
    expect([(await tool.status()).state, starts()]).toEqual(['stopped', 1])
    const { pid } = await tool.connect()
    expect(await (await connection.fetch('/')).json()).toMatchObject({ pid })
    expect(starts()).toBe(2)
  })
})

describe('a request is repeated on a new daemon as before, if its daemon', () => {
  it.for(['SIGKILL', 'SIGTERM'] as const)('got %s', async (signal) => {
    const { connection, asked } = await begin('by signal')
    const { pid } = connection
    process.kill(pid, signal)
    const reply = (await (await asked).json()) as { readonly pid: number }
    expect(reply.pid).not.toBe(pid)
    expect(starts()).toBe(2)
  })

  it('was stopped by a command once, and its successor has crashed', async () => {
    await tool.connect()
    await tool.stop()
    const { connection, asked } = await begin('by signal')
    process.kill(connection.pid, 'SIGKILL')
    expect((await asked).status).toBe(200)
    expect(starts()).toBe(3)
  })
})
