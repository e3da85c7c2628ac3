import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sandbox, type Sandbox } from 'familiar/testing'
import { toolWith } from '../fixtures/tool/tool.mjs'
import { watch } from '../helpers/machine.js'

/** What `familiar/testing` does with mistakes in a test, and with what a test leaves behind. */

let box: Sandbox | null = null

afterEach(async () => {
  vi.unstubAllEnvs()
  await box?.close().catch(() => null)
  box = null
})

const boxes = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.includes('-sandbox-'))

describe('the arguments of a sandbox', () => {
  const call = sandbox as (daemon: unknown, options?: unknown) => Promise<Sandbox>

  it.each([
    [toolWith(), { idle: 1 }, /^sandbox: there is no option idle$/],
    [
      toolWith(),
      { idleTimeoutSeconds: -1 },
      /^sandbox: idleTimeoutSeconds must be a number of seconds from 0/,
    ],
    [toolWith(), { drainTimeoutSeconds: '1' }, /^sandbox: drainTimeoutSeconds must be a number/],
    [toolWith(), { tickSeconds: Number.NaN }, /^sandbox: tickSeconds must be a number/],
    [toolWith(), null, /^sandbox: the options must be an object, not null$/],
    [undefined, undefined, /^sandbox: undefined is no daemon that defineDaemon returned$/],
    [{}, {}, /^sandbox: \{\} is no daemon that defineDaemon returned$/],
    [toolWith({ siblings: (() => 5) as never }), {}, /^defineDaemon: siblings must return a list, not 5$/],
  ])('are checked before anything is made: %#', async (daemon, options, message) => {
    const before = boxes()
    await expect(call(daemon, options)).rejects.toMatchObject({
      code: 'E_DEFINITION_INVALID',
      message: expect.stringMatching(message),
    })
    expect([boxes(), process.env['FAMILIAR_SANDBOX']]).toEqual([before, undefined])
  })

  it('may be what a daemon takes', async () => {
    box = await sandbox(toolWith(), { idleTimeoutSeconds: 0.5, drainTimeoutSeconds: 0, tickSeconds: 0.1 })
    expect(existsSync(box.directory)).toBe(true)
  })
})

describe('a second sandbox in a process', () => {
  it('is refused at once, and the first one goes on', async () => {
    const tool = toolWith()
    const opening = sandbox(tool)
    await expect(sandbox(tool)).rejects.toMatchObject({
      code: 'E_DEFINITION_INVALID',
      message: expect.stringMatching(/^sandbox: this process has one already: \/.*; close it first$/),
    })
    box = await opening
    const { pid } = await tool.connect()
    const isAlive = watch(pid)
    await expect(sandbox(toolWith())).rejects.toThrow('this process has one already')
    await box.close()
    expect([isAlive(), existsSync(box.directory), process.env['FAMILIAR_SANDBOX']]).toEqual([
      false,
      false,
      undefined,
    ])
    box = await sandbox(tool)
  })

  it('is one for a second close, too: it does nothing more', async () => {
    const tool = toolWith()
    const first = await sandbox(tool)
    await first.close()
    box = await sandbox(tool)
    const { pid } = await tool.connect()
    const isAlive = watch(pid)
    await first.close()
    expect([isAlive(), (await tool.status()).pid]).toEqual([true, pid])
  })
})

describe('close', () => {
  /** Opens a sandbox, and starts the daemon of a project outside of it. */
  async function projectDaemon() {
    const project = mkdtempSync(join(tmpdir(), 'project-of-a-test-'))
    vi.stubEnv('TOOL_SCOPE', project)
    const tool = toolWith()
    box = await sandbox(tool)
    const { pid } = await tool.connect()
    return { project, tool, box, isAlive: watch(pid) }
  }

  it('ends the daemon of a project that the test has removed', async () => {
    const { project, box, isAlive } = await projectDaemon()
    rmSync(project, { recursive: true })
    await box.close()
    expect([isAlive(), existsSync(box.directory)]).toEqual([false, false])
  })

  it('ends the daemon of a project that the test has removed and made again', async () => {
    const { project, box, isAlive } = await projectDaemon()
    rmSync(project, { recursive: true })
    mkdirSync(project)
    await box.close()
    rmSync(project, { recursive: true })
    expect([isAlive(), existsSync(box.directory)]).toEqual([false, false])
  })

  it('ends the daemon of a user whose state the test has removed', async () => {
    const tool = toolWith()
    const own = (box = await sandbox(tool))
    const isAlive = watch((await tool.connect()).pid)
    rmSync(join(own.directory, 'state'), { recursive: true })
    await own.close()
    expect([isAlive(), existsSync(own.directory)]).toEqual([false, false])
  })

  it('ends every daemon of projects, also from a directory that is no project', async () => {
    vi.stubEnv('TOOL_SCOPE', 'project')
    const tool = toolWith()
    const own = (box = await sandbox(tool))
    const alive = []
    for (const name of ['a', 'b']) {
      const project = join(own.directory, name)
      mkdirSync(project)
      alive.push(watch((await tool.at(project).connect()).pid))
    }
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue('/')
    await own.close()
    cwd.mockRestore()
    expect(alive.map((isAlive) => isAlive())).toEqual([false, false])
  })

  it('names what it cannot end, with a code, and leaves it alone', async () => {
    const tool = toolWith()
    const own = (box = await sandbox(tool))
    const server = createServer((socket) => socket.destroy())
    server.listen(tool.ports.from, '127.0.0.1')
    await once(server, 'listening')
    await expect(own.close()).rejects.toMatchObject({
      name: 'FamiliarError',
      code: 'E_DAEMON_NOT_REPLACED',
      message: `the test left behind: tool: process ${process.pid}, port ${tool.ports.from}`,
    })
    expect([server.listening, existsSync(own.directory)]).toEqual([true, false])
    server.close()
    await once(server, 'close')
  })
})
