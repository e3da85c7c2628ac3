import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ScopeSnapshot } from '../../src/classify/observation.js'
import { PEEK_TEXT } from '../../src/observe/peek-text.js'
import { ScopeReader } from '../../src/observe/read-scopes-in-child.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import { ask, ASKER } from '../helpers/ask-machine.js'
import { hangingMount } from '../helpers/hanging-mount.js'
import { killChild, startChild } from '../helpers/children.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { childrenOf, watch } from '../helpers/machine.js'
import { startLockProcess } from '../helpers/lock-process.js'
import { startTimeOf } from '../helpers/processes.js'
import { refusingCalls } from '../helpers/refuse-calls.js'
import { needCommand } from '../helpers/skip.js'

leaveNothing(undefined, 'file')

const family = daemonFamily({ from: 0, to: 0 })
const FOREIGN_SCOPES_TIMEOUT_MS = 20_000

function read(scopes: readonly string[], pids: readonly number[] = []) {
  return new ScopeReader().read(family, scopes, pids, FOREIGN_SCOPES_TIMEOUT_MS)
}

/** Makes a scope whose record has this text. */
function scopeWith(text: string, name = 'root'): string {
  const scope = join(makeHome(), name)
  const { record } = family.files(scope)
  mkdirSync(join(record, '..'), { recursive: true })
  writeFileSync(record, text)
  return scope
}

function recordOf(scope: string): string {
  const named = { pid: 4711, birth: 'boot/1', port: 9400, token: 'f'.repeat(64), state: 'running' }
  return JSON.stringify({ schema: 1, family: 'sync', scope, ...named })
}

describe('scopes that other processes named', () => {
  it('are reported in the order in which they were asked for, with their records and locks', async () => {
    const [one, other] = [makeHome(), join(makeHome(), 'gone')]
    const holder = startLockProcess(family.files(one).daemonLock)
    await holder.ask('acquire 0')
    writeFileSync(family.files(one).record, recordOf(one))
    const views = await read([other, one])
    expect([...views.keys()]).toEqual([other, one])
    expect(views.get(one)).toMatchObject({
      real: one,
      gone: false,
      records: [{ state: 'readable', record: { pid: 4711, scope: one } }, { state: 'absent' }],
      lockHolder: { pid: holder.pid, startTime: startTimeOf(holder.pid) },
    })
    expect(views.get(other)).toMatchObject({ real: other, gone: true, lockHolder: null })
  })

  it('are none where none is asked for', async () => {
    expect((await read([])).size).toBe(0)
  })

  it('are not reported without any time', async () => {
    const scope = makeHome()
    const views = await new ScopeReader().read(family, [scope], [], 0)
    expect(views.get(scope)).toMatchObject({ isLate: true, real: null })
  })
})

describe('a child that was prepared', () => {
  it('answers the question that comes later', async () => {
    const reader = new ScopeReader()
    const scope = makeHome()
    const before = childrenOf(process.pid)
    reader.prepare()
    const prepared = childrenOf(process.pid).filter((pid) => !before.includes(pid))
    expect(prepared).toHaveLength(1)
    await sleep(200)
    const views = reader.read(family, [scope], [], FOREIGN_SCOPES_TIMEOUT_MS)
    expect(childrenOf(process.pid).filter((pid) => !before.includes(pid))).toEqual(prepared)
    expect((await views).get(scope)).toMatchObject({ real: scope, gone: false })
  })

  it('has nothing of this process: no environment, no option, no directory', async () => {
    const before = childrenOf(process.pid)
    const reader = new ScopeReader()
    reader.prepare()
    const child = childrenOf(process.pid).find((pid) => !before.includes(pid))
    const [environment, commandLine] = ['environ', 'cmdline'].map((name) =>
      readFileSync(`/proc/${child}/${name}`, 'utf8'),
    )
    expect(environment).toBe('')
    expect(commandLine?.split('\0')).toEqual([process.execPath, '-e', PEEK_TEXT, ''])
    expect(readlinkSync(`/proc/${child}/cwd`)).toBe('/')
    await reader.close()
  })

  it('reads what is there when it is asked, not when it was started', async () => {
    const reader = new ScopeReader()
    reader.prepare()
    await sleep(300)
    const scope = makeHome()
    const views = await reader.read(family, [scope], [], FOREIGN_SCOPES_TIMEOUT_MS)
    expect(views.get(scope)).toMatchObject({ real: scope, gone: false })
  })

  it('ends where it is not needed', async () => {
    const before = childrenOf(process.pid)
    const reader = new ScopeReader()
    reader.prepare()
    expect(childrenOf(process.pid)).not.toEqual(before)
    await reader.close()
    expect(childrenOf(process.pid)).toEqual(before)
  })

  it.for([0, 1, 2, 3, 4, 5, 6, 7])(
    'and could not be started with %i descriptors left, costs none of them and ends no process',
    (left, context) => {
      needCommand(context, 'setsid', ['-w', 'true'])
      // In a process group of its own, because a signal to process 0 would end the tests too.
      expect(ask(['setsid', '-w'], 'lost', 'reader', left)).toEqual({ answer: 0, status: 0, stderr: '' })
    },
  )

  it('and could not be started for lack of processes, ends none', (context) => {
    needCommand(context, 'setsid', ['-w', 'true'])
    const prefix = ['setsid', '-w', ...refusingCalls(context, 'fork=EAGAIN')]
    expect(ask(prefix, 'lost', 'reader', -1)).toMatchObject({
      answer: expect.any(Number),
      status: 0,
      stderr: '',
    })
  })

  it('ends with the process that prepared it, however that ends', async () => {
    const script = `
      const { ScopeReader } = await import(${JSON.stringify(new URL('../../dist/observe/read-scopes-in-child.js', import.meta.url).href)})
      new ScopeReader().prepare()
      console.log('ready')
      setInterval(() => undefined, 1000)`
    const child = startChild(process.execPath, ['--input-type=module', '-e', script])
    await firstLineOf(child)
    const readers: readonly (() => boolean)[] = childrenOf(child.pid ?? 0).map((pid) => watch(pid))
    expect(readers).toHaveLength(1)
    await killChild(child)
    await vi.waitFor(() => expect(readers.some((isAlive) => isAlive())).toBe(false), 60_000)
  })

  it.for([
    ['that ended meanwhile', 'SIGKILL'],
    ['that hangs', 'SIGSTOP'],
  ] as const)('%s leaves the scopes untold, never absent', async ([, signal]) => {
    const before = childrenOf(process.pid)
    const reader = new ScopeReader()
    reader.prepare()
    for (const pid of childrenOf(process.pid).filter((pid) => !before.includes(pid)))
      process.kill(pid, signal)
    await sleep(100)
    const scope = makeHome()
    const views = await reader.read(family, [scope], [], 1_000)
    expect(views.get(scope)).toMatchObject({ isLate: true, real: null, gone: null })
  })
})

describe('the caller’s environment', () => {
  const before = process.env['NODE_OPTIONS']

  afterEach(() => {
    if (before === undefined) delete process.env['NODE_OPTIONS']
    else process.env['NODE_OPTIONS'] = before
  })

  it.for([
    ['that prints', 'console.log("x")'],
    ['that prints what resembles a reply', 'console.log(\'familiar:{"real":"/","gone":true,"records":[]}\')'],
    ['that throws', 'throw new Error("x")'],
    ['that never ends', 'for (;;);'],
  ])('has a preload %s, which changes nothing', async ([, script = '']) => {
    const scope = scopeWith('')
    const preload = join(makeHome(), 'p.cjs')
    writeFileSync(preload, script)
    process.env['NODE_OPTIONS'] = `--require ${preload}`
    expect((await read([scope])).get(scope)).toMatchObject({ real: scope, gone: false })
  })
})

describe('a record', () => {
  it('of control characters, as large as one may be, of twelve scopes, costs no scope its answer', async () => {
    const hostile = Array.from({ length: 12 }, (_, at) =>
      scopeWith(String.fromCharCode(at + 1).repeat(64 * 1024)),
    )
    const last = scopeWith('')
    writeFileSync(family.files(last).record, recordOf(last))
    const views = await read([...hostile, last])
    for (const scope of hostile) {
      expect(views.get(scope)).toMatchObject({
        real: scope,
        records: [{ state: 'malformed' }, { state: 'absent' }],
      })
    }
    expect(views.get(last)).toMatchObject({ records: [{ state: 'readable' }, { state: 'absent' }] })
  })

  it('that is readable and full of what must be escaped is reported whole', async () => {
    const escaped = '\\u0001'.repeat(4_000)
    const scopes = Array.from({ length: 12 }, () => scopeWith(''))
    for (const scope of scopes) {
      writeFileSync(
        family.files(scope).record,
        recordOf(scope).replace('"state"', `"executable":"${escaped}","state"`),
      )
    }
    const views = [...(await read(scopes)).values()]
    const executables = views.map(({ records: [own] }) => own?.state === 'readable' && own.record.executable)
    expect(executables).toEqual(scopes.map(() => '\u0001'.repeat(4_000)))
  })

  it.for(['a\nb', '\u001b[31m', 'familiar:{}', '"', '\\', 'ä\u2028', '\udcff'])(
    'is in a scope named %j',
    async (name) => {
      const [odd, plain] = [join(makeHome(), name), scopeWith('')]
      const views = await read([odd, plain])
      expect(views.get(odd)).toMatchObject({ real: odd, gone: true })
      expect(views.get(plain)).toMatchObject({ real: plain, gone: false })
    },
  )

  it('cannot be read for a name that no file can have', async () => {
    const [odd, plain] = [join(makeHome(), '\ud800'), scopeWith('')]
    const views = await read([odd, plain])
    expect(views.get(odd)).toMatchObject({ gone: null })
    expect(views.get(plain)).toMatchObject({ real: plain, gone: false })
  })
})

/** Side by side, because each takes as long as a scope may hang. */
describe.concurrent('what hangs:', () => {
  describe('a scope on a file system that hangs', () => {
    it('costs only itself and those behind it their answer', async (context) => {
      const [before, hanging, behind] = [makeHome(), makeHome(), makeHome()]
      // Every call that names the scope takes two minutes: longer than anything here waits.
      const delay = ['-e', 'trace=%file', '-e', 'inject=%file:delay_enter=120000000']
      const prefix = ['strace', '-f', '-qq', '-o', '/dev/null', '-P', hanging, ...delay]
      needCommand(context, 'strace', ['-f', '-o', '/dev/null', '-P', '/nothing', ...delay])
      const question = ['scopes', String(HANG_MS), before, hanging, behind]
      const [command = '', ...args] = [...prefix, process.execPath, ASKER, ...question]
      // It is not waited for: strace itself stays for as long as it holds the call up.
      const child = startChild(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })
      const views = JSON.parse(await firstLineOf(child)) as readonly ScopeSnapshot[]
      expect(views.map(({ real, isLate }) => [real, isLate === true])).toEqual([
        [before, false],
        [null, true],
        [null, true],
      ])
    })
  })

  describe('a mount that hangs', () => {
    it('keeps only the child: it cannot be ended, and the process that asked ends without it', async (context) => {
      const [before, mount, behind] = [makeHome(), makeHome(), makeHome()]
      const server = hangingMount(context, mount, [
        process.execPath,
        ASKER,
        'scopes',
        String(HANG_MS),
        before,
        join(mount, 'root'),
        behind,
      ])
      const views = JSON.parse(await server.line()) as readonly ScopeSnapshot[]
      expect(views.map(({ real, isLate }) => [real, isLate === true])).toEqual([
        [before, false],
        [null, true],
        [null, true],
      ])
      expect(await server.line()).toBe('ended 0')
      const [child, ...others] = server.processes()
      expect(others).toEqual([])
      expect(readFileSync(`/proc/${child}/status`, 'utf8')).toMatch(/^State:\tD[^]*^ShdPnd:\t0+100$/m)
      const isAlive = watch(child ?? 0)
      await killChild(server.child)
      await vi.waitFor(() => expect(isAlive()).toBe(false), 60_000)
    })
  })
})

describe('a path that was removed, below a mount that hangs', () => {
  it('costs only itself and those behind it their answer', async (context) => {
    const [home, mount] = [makeHome(), makeHome()]
    mkdirSync(join(home, 'other'))
    const paths = [join(home, 'before'), join(mount, 'it'), join(home, 'behind')]
    const server = hangingMount(context, mount, [
      process.execPath,
      ASKER,
      'removed',
      String(HANG_MS),
      ...paths,
    ])
    expect(JSON.parse(await server.line())).toEqual([paths[0]])
    expect(await server.line()).toBe('ended 0')
    const [child] = server.processes()
    const isAlive = watch(child ?? 0)
    await killChild(server.child)
    await vi.waitFor(() => expect(isAlive()).toBe(false), 60_000)
  })
})

/** Enough for the child to start and read one scope, also on a busy machine. */
const HANG_MS = 8_000

async function firstLineOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('a process without stdout')
  for await (const line of createInterface({ input: stdout })) return line
  throw new Error('the process ended without a reply')
}
