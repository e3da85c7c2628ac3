import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Daemon, DaemonOptions } from 'familiar'
import { sandbox, type Sandbox } from 'familiar/testing'
import { toolWith } from '../fixtures/tool/tool.mjs'

let box: Sandbox
let tool: Daemon

beforeEach(async () => {
  tool = toolWith()
  box = await sandbox(tool)
  vi.stubEnv('CI', '')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await box.close()
})

/** The processes that have a marker of this sandbox in their command line, as the machine shows them. */
function daemons(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandOf(pid).includes(`--tool-scope=${box.directory}`))
    .map(Number)
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** The same daemon as another installation of the tool sees it. */
function toolOf(version: string, more: Partial<DaemonOptions> = {}): Daemon {
  vi.stubEnv('TOOL_VERSION', version)
  return toolWith({ version, ...more })
}

function startsIn(): readonly string[] {
  const log = readFileSync(join(box.directory, 'state/tool/daemon.log'), 'utf8')
  return log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'started')
    .map(({ reason }) => reason)
}

describe('connect', () => {
  it('starts a daemon, finds it again, and talks to it', async () => {
    const first = await tool.connect()
    const again = await tool.connect()
    expect([first.started, first.startReason, again.started]).toEqual([true, 'first_start', false])
    expect([again.pid, daemons()]).toEqual([first.pid, [first.pid]])
    const reply = await again.fetch('/x', { method: 'POST', body: 'hello' })
    expect([reply.status, await reply.json()]).toEqual([
      200,
      { pid: first.pid, method: 'POST', text: 'hello' },
    ])
  })

  it('at once from many places of one process makes one attempt', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => tool.connect()))
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(1)
    expect(startsIn()).toEqual(['first_start'])
  })

  it('goes on to a daemon that took the place of the one it had, and tries once more', async () => {
    const connection = await tool.connect()
    const { pid } = connection
    process.kill(pid, 'SIGKILL')
    const reply = await connection.fetch('/again')
    expect(((await reply.json()) as { pid: number }).pid).not.toBe(pid)
    expect([connection.pid === pid, daemons()]).toEqual([false, [connection.pid]])
  })

  it('rejects what is sent after it was closed', async () => {
    const connection = await tool.connect()
    await connection.close()
    await expect(connection.fetch('/x')).rejects.toThrow('this connection is closed')
  })
})

describe('where no daemon is wanted', () => {
  it.each([
    ['FAMILIAR_DISABLE', '1', {}],
    ['TOOL_NO_DAEMON', 'true', {}],
    ['FAMILIAR_DISABLE', '1', { start: true }],
    ['CI', '1', {}],
    ['NOTHING', '', { start: false }],
  ] as const)('%s=%s with %j: none is started', async (variable, value, options) => {
    vi.stubEnv(variable, value)
    if (variable === 'CI') vi.stubEnv('FAMILIAR_SANDBOX', undefined)
    const real =
      variable === 'CI' ? toolWith({ ports: { from: 19_990, to: 19_991 }, scope: () => box.directory }) : tool
    const { outcome } = await real.tryConnect(options)
    await expect(real.connect(options)).rejects.toMatchObject({ code: 'E_DAEMON_SKIPPED' })
    vi.stubEnv('FAMILIAR_SANDBOX', box.directory)
    expect([outcome, daemons()]).toEqual(['skipped', []])
  })

  it('one that runs is used where only the start is not wanted', async () => {
    const { pid } = await tool.connect()
    expect(await tool.tryConnect({ start: false })).toMatchObject({ outcome: 'connected', pid })
    vi.stubEnv('FAMILIAR_DISABLE', '1')
    expect(await tool.tryConnect()).toEqual({ outcome: 'skipped', reason: 'FAMILIAR_DISABLE is set' })
  })
})

it('a module among the options of Node is loaded by its URL, in /, and only stderr is kept', async () => {
  const url = new URL('../fixtures/tool/preload.mjs', import.meta.url)
  const preloading = toolWith({ execArgv: [`--import=${url}`] })
  const { pid } = await preloading.connect()
  const log = readFileSync(preloading.logFile, 'utf8')
  expect(log).toMatch(/^preloaded in \/$/m)
  expect(log).not.toContain('this goes nowhere')
  expect(await preloading.tryConnect()).toMatchObject({ pid, started: false })
  const bare = toolWith({ execArgv: ['--import=./preload.mjs'] })
  await bare.stop()
  await expect(bare.connect()).rejects.toThrow(/Cannot find module '\/preload\.mjs'/)
})

describe('another version', () => {
  it('is replaced by a newer one, once, and used by an older one', async () => {
    const { pid } = await toolOf('1.0.0').connect()
    const newer = await toolOf('1.1.0').connect()
    expect(newer).toMatchObject({
      replaced: true,
      replacedVersion: '1.0.0',
      version: '1.1.0',
      relation: 'same',
    })
    const older = await toolOf('1.0.0').connect()
    expect(older).toMatchObject({ pid: newer.pid, replaced: false, relation: 'newer' })
    expect([newer.pid === pid, daemons()]).toEqual([false, [newer.pid]])
  })

  it('is used as it is where nothing may be replaced', async () => {
    const { pid } = await toolOf('1.0.0').connect()
    const kept = await toolOf('1.1.0').connect({ replace: false })
    expect(kept).toMatchObject({ pid, version: '1.0.0', replaced: false, relation: 'older' })
    await expect(toolOf('1.1.0', { protocol: 2 }).connect({ replace: false })).rejects.toMatchObject({
      code: 'E_VERSION_MISMATCH',
    })
    expect(daemons()).toEqual([pid])
  })
})

describe('an abort', () => {
  it.each([0, 30, 80, 150, 300])('after %i ms of a slow start leaves no daemon', async (ms) => {
    vi.stubEnv('TOOL_SLOW_MS', '1000')
    const reason = new Error('enough')
    const ending = new AbortController()
    const connecting = tool.connect({ signal: ending.signal })
    setTimeout(() => ending.abort(reason), ms)
    await expect(connecting).rejects.toBe(reason)
    await vi.waitFor(() => expect(daemons()).toEqual([]), { timeout: 60_000 })
    vi.stubEnv('TOOL_SLOW_MS', '0')
    expect((await tool.connect()).started).toBe(true)
  })

  it('of one caller does not end the attempt that others share', async () => {
    const ending = new AbortController()
    const both = [tool.connect({ signal: ending.signal }), tool.connect()] as const
    ending.abort(new Error('enough'))
    await expect(both[0]).rejects.toThrow('enough')
    expect((await both[1]).started).toBe(true)
  })
})

describe('a mistake of the author', () => {
  it.each([
    ['./wrong-name.mjs', 'its command line has none of the described forms'],
    ['./wrong-files.mjs', 'its lock file is'],
    ['./other-tokens.mjs', /its token directory is \/.*\/tokens, not none/],
    ['./other-kind.mjs', 'its scope kind is project, not user'],
    ['./wrong-flag.mjs', 'its command line names no scope'],
  ])('%s fails at the first start, with an error that says which part is wrong', async (entry, part) => {
    vi.stubEnv('TOOL_ENTRY', entry)
    await expect(tool.connect()).rejects.toMatchObject({
      code: 'E_DAEMON_UNRECOGNISABLE',
      message: expect.stringMatching(part),
    })
    await vi.waitFor(() => expect(daemons()).toEqual([]), { timeout: 60_000 })
  })

  it('in the health reply is impossible: its head is written by the library', async () => {
    vi.stubEnv('TOOL_ENTRY', './odd-health.mjs')
    const { pid, port } = await tool.connect()
    const { state, report } = await tool.status()
    expect([state, report]).toMatchObject([
      'running',
      { pid, port, packageVersion: '1.0.0', details: { more: 1, owner: { more: 2 } } },
    ])
  })

  it('in running the file by hand is told with the command line that works', async () => {
    const { spawnSync } = await import('node:child_process')
    const file = new URL('../fixtures/tool/serve.mjs', import.meta.url).pathname
    const { status, stderr } = spawnSync(process.execPath, [file], {
      env: { ...process.env, ...box.env },
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([1, expect.stringContaining('tool-daemon --tool-scope=')])
  })
})

describe('stop', () => {
  it('that comes while a command is starting the daemon waits for it, and ends it', async () => {
    vi.stubEnv('TOOL_SLOW_MS', '500')
    const starting = tool.connect()
    await vi.waitUntil(() => daemons().length > 0, { timeout: 60_000, interval: 5 })
    const stopped = await tool.stop()
    const { pid } = await starting
    expect([stopped, daemons()]).toEqual([expect.objectContaining({ outcome: 'stopped', pid }), []])
  })

  it('that comes while a command starts one in vain finds none', async () => {
    vi.stubEnv('TOOL_SLOW_MS', '500')
    const ending = new AbortController()
    const starting = tool.connect({ signal: ending.signal })
    await vi.waitUntil(() => daemons().length > 0, { timeout: 60_000, interval: 5 })
    const stopping = tool.stop()
    ending.abort(new Error('enough'))
    await expect(starting).rejects.toThrow('enough')
    expect([await stopping, daemons()]).toEqual([{ outcome: 'none' }, []])
  })
})

it('status holds no token', async () => {
  await tool.connect()
  const record = JSON.parse(readFileSync(join(box.directory, 'state/tool/record.json'), 'utf8'))
  expect(record.token).toMatch(/^[0-9a-f]{64}$/)
  expect(JSON.stringify(await tool.status())).not.toContain(record.token)
})

it('an entry that does not serve is told so', async () => {
  vi.stubEnv('TOOL_ENTRY', './tool.mjs')
  await expect(tool.connect()).rejects.toMatchObject({
    code: 'E_DAEMON_START_FAILED',
    message: expect.stringContaining('exit code 0: its file did not serve'),
  })
})

describe('the daemon of another directory of the same user', () => {
  it.each(['user', 'project'] as const)('of the kind %s is not ended, not even by force', async (kind) => {
    const [a, b] = ['a', 'b'].map((name) => join(box.directory, name)) as [string, string]
    for (const path of [a, b]) mkdirSync(path)
    if (kind === 'project') vi.stubEnv('TOOL_SCOPE', a)
    const kinds = toolWith()
    const { pid } = await kinds.at(a).connect()
    const { entries } = await kinds.at(b).cleanUp({ force: true })
    expect(entries.map(({ result }) => result.outcome)).not.toContain('swept')
    expect([(await kinds.at(a).status()).pid, daemons()]).toEqual([pid, [pid]])
    await kinds.at(a).stop()
  })

  it('is the same daemon where a program has another home, because its files follow from the scope alone', async () => {
    const path = join(box.directory, 'shared')
    mkdirSync(path)
    vi.stubEnv('TOOL_SCOPE', path)
    const shared = toolWith()
    vi.stubEnv('XDG_STATE_HOME', join(box.directory, 'one'))
    const { pid } = await shared.connect()
    vi.stubEnv('XDG_STATE_HOME', join(box.directory, 'two'))
    vi.stubEnv('HOME', join(box.directory, 'two'))
    expect(await toolWith().connect()).toMatchObject({ pid, started: false })
    expect(daemons()).toEqual([pid])
    await shared.stop()
  })
})
