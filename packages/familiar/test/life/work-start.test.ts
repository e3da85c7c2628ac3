import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Connection, Daemon } from 'familiar'
import { sandbox, type Sandbox, type SandboxOptions } from 'familiar/testing'
import { toolWith } from '../fixtures/tool/tool.mjs'
import { logged } from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { leaveNoTalks, requestText, saidIn, talkTo } from '../helpers/talk.js'

/** A daemon whose work takes long to start: what others may do meanwhile, and how it ends. */

leaveNoTalks()

let box: Sandbox
let tool: Daemon

async function prepare(options: SandboxOptions = {}): Promise<void> {
  tool = toolWith()
  box = await sandbox(tool, options)
  vi.stubEnv('TOOL_ENTRY', './worker.mjs')
  vi.stubEnv('TOOL_GO', join(box.directory, 'go'))
  vi.stubEnv('TOOL_NOTES', join(box.directory, 'notes'))
}

beforeEach(() => prepare())

afterEach(async () => {
  vi.unstubAllEnvs()
  await box.close()
})

/** Lets the work start, or fail. The file comes whole: the daemon reads it as soon as it is there. */
function go(text = ''): void {
  const path = join(box.directory, 'go')
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

/** What the daemon has noted: the requests that it got, and what it has saved. */
function notes(): readonly unknown[] {
  const path = join(box.directory, 'notes')
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
}

function record(): { readonly pid: number; readonly state: string; readonly stop_reason: string } {
  return JSON.parse(readFileSync(join(box.directory, 'state/tool/record.json'), 'utf8'))
}

/** A command that starts the daemon, and another one that has found it while its work starts. */
async function startAndFind(start = false): Promise<{
  readonly starting: Promise<Connection>
  readonly other: Connection
}> {
  const starting = tool.connect()
  starting.catch(() => undefined)
  const found = await eventually(() => tool.connect({ start: false }))
  const other = start ? await tool.connect({ start }) : found
  expect(other.started).toBe(false)
  return { starting, other }
}

/** Waits for the end of a process. */
const gone = (pid: number): Promise<void> => eventually(() => expect(existsSync(`/proc/${pid}`)).toBe(false))

/** What becomes of a promise, without waiting for it for long. */
const isPending = async (promise: Promise<unknown>): Promise<boolean> => {
  await tool.status()
  const now = Promise.resolve('pending')
  return (await Promise.race([promise.catch(() => 'failed'), now])) === 'pending'
}

describe('while the work starts', () => {
  it('another command finds the daemon, and its requests wait until the work has started', async () => {
    const { starting, other } = await startAndFind()
    const asked = other.fetch('/', { method: 'POST', body: 'c' })
    const seen = fetch(`${other.url}/`)
    expect(await isPending(asked)).toBe(true)
    expect([(await tool.status()).state, notes()]).toEqual(['running', []])
    go()
    expect(await (await asked).json()).toEqual({ pid: other.pid, items: ['a', 'b', 'c'] })
    expect(((await (await seen).json()) as { items: string[] }).items.slice(0, 2)).toEqual(['a', 'b'])
    expect((await starting).pid).toBe(other.pid)
  })

  it('the daemon is not idle, and its idle time begins after that', async () => {
    await box.close()
    await prepare({ idleTimeoutSeconds: 3, tickSeconds: 0.1 })
    const { starting, other } = await startAndFind()
    const lock = join(box.directory, 'state/tool/daemon.lock')
    const ticks = new Set<number>()
    await eventually(() => expect(ticks.add(statSync(lock).mtimeMs).size).toBeGreaterThan(40))
    expect([record(), notes()]).toMatchObject([{ pid: other.pid, state: 'running' }, []])
    go()
    expect((await starting).pid).toBe(other.pid)
  })
})

describe('a daemon that is told to end while its work starts', () => {
  it('lets it start, and then stops it', async () => {
    const { starting, other } = await startAndFind()
    process.kill(other.pid, 'SIGTERM')
    await eventually(() => expect(logged(tool.logFile, 'leaving')).toHaveLength(1))
    await expect(starting).rejects.toMatchObject({
      code: 'E_DAEMON_START_FAILED',
      message: expect.stringContaining('told to end before its work (`work.start`) had started'),
      retry: true,
    })
    expect(notes()).toEqual([])
    go()
    await gone(other.pid)
    expect(notes()).toEqual([{ saved: ['a', 'b'] }])
    expect(record()).toMatchObject({ state: 'stopped', stop_reason: 'SIGTERM' })
  })

  it('does not stop what has not started within the drain time', async () => {
    await box.close()
    await prepare({ drainTimeoutSeconds: 0.5 })
    const { starting, other } = await startAndFind()
    process.kill(other.pid, 'SIGTERM')
    await expect(starting).rejects.toMatchObject({ code: 'E_DAEMON_START_FAILED' })
    await gone(other.pid)
    expect(notes()).toEqual([])
    expect(logged(tool.logFile, 'work_failed')).toMatchObject([
      { why: expect.stringContaining('work.stop was not called') },
    ])
    expect(record()).toMatchObject({ state: 'stopped', stop_reason: 'SIGTERM' })
  })
})

describe('a request that waits for the work', () => {
  it('goes to the next daemon if this one is told to end, although it must not be done twice', async () => {
    const { starting, other } = await startAndFind(true)
    const { pid } = other
    const asked = other.fetch('/', { method: 'POST', body: 'c' })
    const direct = talkTo(other.port, requestText(other.port, 'GET /', {}))
    expect(await isPending(asked)).toBe(true)
    process.kill(pid, 'SIGTERM')
    expect(saidIn(await direct.closed())).toMatchObject({
      status: 503,
      headers: expect.arrayContaining(['x-familiar-refused: not_begun']),
      body: '{"error":"stopping"}',
    })
    go()
    expect(await (await asked).json()).toEqual({ pid: other.pid, items: ['a', 'b', 'c'] })
    expect(other.pid).not.toBe(pid)
    await expect(starting).rejects.toMatchObject({ code: 'E_DAEMON_START_FAILED' })
  })

  it('fails if no daemon takes it, and says that nothing was done', async () => {
    const { starting, other } = await startAndFind()
    let isSending = false
    async function* body() {
      isSending = true
      yield Buffer.from('c')
    }
    const stream = other.fetch('/', { method: 'POST', body: body() })
    stream.catch(() => undefined)
    await eventually(() => expect(isSending).toBe(true))
    expect(await isPending(stream)).toBe(true)
    go('fail')
    await expect(stream).rejects.toMatchObject({
      code: 'E_DAEMON_UNREACHABLE',
      message: expect.stringContaining('it has not begun what was asked'),
      retry: true,
    })
    await expect(starting).rejects.toMatchObject({ code: 'E_DAEMON_START_FAILED' })
  })
})

describe('a request whose handler honours its signal', () => {
  it('is repeated on the next daemon if it may be, when the daemon is restarted', async () => {
    go()
    vi.stubEnv('TOOL_WAITS', 'by signal')
    const connection = await tool.connect()
    const { pid, url } = connection
    const post = { method: 'POST', body: 'c' }
    const [get, repeated, once] = [{}, { ...post, retry: true }, post].map((init) =>
      connection.fetch('/', init).then(
        (reply) => reply.json(),
        (error: unknown) => error,
      ),
    )
    const direct = fetch(url)
    await eventually(() => expect(notes()).toHaveLength(4))
    vi.stubEnv('TOOL_WAITS', '')
    const next = await tool.restart()
    expect(next.pid).not.toBe(pid)
    expect(await get).toMatchObject({ pid: next.pid })
    expect(await repeated).toMatchObject({ pid: next.pid, items: ['a', 'b', 'c'] })
    expect(await once).toMatchObject({
      code: 'E_REQUEST_INTERRUPTED',
      message: expect.stringContaining('shut down while it handled the request'),
    })
    const { status, headers } = await direct
    expect([status, headers.get('x-familiar-refused')]).toEqual([503, 'maybe_begun'])
  })
})

describe('a daemon whose work does not start', () => {
  it('says why, and is not told as a crash', async () => {
    const { starting, other } = await startAndFind()
    go('fail')
    await expect(starting).rejects.toMatchObject({
      code: 'E_DAEMON_START_FAILED',
      message: 'the daemon did not start: the list is broken',
      retry: false,
    })
    await gone(other.pid)
    expect(record()).toMatchObject({ state: 'stopped', stop_reason: 'start_failed' })
    expect(await tool.status()).toMatchObject({ state: 'stopped', why: 'start_failed' })
    expect(logged(tool.logFile, 'start_failed')).toMatchObject([{ message: 'the list is broken' }])
    expect(notes()).toEqual([])
  })

  it('in the time of the command that starts it gives up, and leaves nothing', async () => {
    const { starting, other } = await startAndFind()
    await expect(starting).rejects.toMatchObject({
      code: 'E_DAEMON_START_FAILED',
      message: expect.stringMatching(
        /^the daemon did not start: its work \(`work.start`\) has not started within \d+ s$/,
      ),
    })
    await gone(other.pid)
    expect(record()).toMatchObject({ pid: other.pid, state: 'stopped', stop_reason: 'start_failed' })
    go()
    const next = await tool.connect()
    expect(await (await next.fetch('/')).json()).toEqual({ pid: next.pid, items: ['a', 'b'] })
  })
})
