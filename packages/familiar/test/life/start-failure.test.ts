import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { isLockHeld } from '../../dist/act/acquire-lock.js'
import { connect } from '../../dist/client/connect.js'
import type { FamiliarError } from '../../dist/errors.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import {
  fixture,
  leaveNoDaemons,
  logOf,
  requestFor,
  startDaemonIn,
  starterOf,
  stopIn,
  type Options,
} from '../helpers/daemons.js'
import { startChild } from '../helpers/children.js'
import { eventually } from '../helpers/eventually.js'
import { newRoot } from '../helpers/homes.js'
import { openLockFiles } from '../helpers/machine.js'
import { textOf } from '../helpers/output.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'

const ports = portsOf('life/start-failure')

leaveNoDaemons(ports)

/** A failed start is reported at once: sooner than a daemon that never says anything, which has 15 s. */
const AT_ONCE_MS = 14_000

const failing = (how: string): Options => ({ entry: fixture('failing'), args: [`--how=${how}`] })

async function failIn(root: string, options: Options): Promise<FamiliarError> {
  const began = performance.now()
  const error = await connect(requestFor(root, ports, options)).catch((thrown: unknown) => thrown)
  expect(performance.now() - began).toBeLessThan(AT_ONCE_MS)
  expect(error).toMatchObject({ name: 'FamiliarError' })
  return error as FamiliarError
}

/** Nothing is left of the attempt, and the next one works. */
async function expectCleared(root: string): Promise<void> {
  const { lifecycleLock, daemonLock } = daemonFamily(ports).files(root)
  await eventually(() => expect(daemonsOf(root)).toEqual([]))
  expect(openLockFiles()).toEqual([])
  expect([await isLockHeld(lifecycleLock), await isLockHeld(daemonLock)]).toEqual([false, false])
  const daemon = await startDaemonIn(root, ports)
  expect([daemon.started, daemonsOf(root)]).toEqual(['first_start', [daemon.pid]])
}

describe('a start that fails is a typed error, at once, and leaves nothing', () => {
  it.for([
    ['an entry that throws', failing('throws')],
    ['an entry that ends', failing('exits')],
    ['an entry that talks nonsense', failing('nonsense')],
    ['an entry that is missing', { entry: fixture('missing') }],
    ['a daemon that cannot inspect itself', { args: ['--fail=inspect'] }],
  ] as const)('%s', async ([, options]) => {
    const root = newRoot()
    const error = await failIn(root, options)
    expect(error).toMatchObject({ code: 'E_DAEMON_START_FAILED', hint: expect.stringContaining(logOf(root)) })
    await expectCleared(root)
  })

  it('a directory that does not exist as the first one of the daemon', async () => {
    const root = newRoot()
    const request = requestFor(root, ports)
    const launch = { ...request.launch, cwd: join(root, 'missing') }
    const error = await failIn(root, { change: { launch } })
    expect(error).toMatchObject({ code: 'E_DAEMON_START_FAILED', message: expect.stringContaining('ENOENT') })
    await expectCleared(root)
  })
})

describe('a command that is suspended while its daemon waits for it', { timeout: 300_000 }, () => {
  it.each([
    ['longer than the daemon waits', 0],
    ['longer than it would itself wait for the daemon', 8_000],
  ])('%s, says that, and to try again', async (_, moreMs) => {
    const found = await suspended(moreMs)
    expect(found).toMatchObject({
      code: 'E_DAEMON_START_FAILED',
      message: expect.stringMatching(/did not start: this command was suspended, [^;]*; it has left/),
      retry: true,
    })
  })
})

/** Suspends a command that starts a daemon until the daemon has left, and for so long. Returns what the command says then. */
async function suspended(moreMs: number): Promise<unknown> {
  for (;;) {
    const root = newRoot()
    const starter = startChild(process.execPath, starterOf(root, ports), {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said = textOf(starter)
    while (daemonsOf(root).length === 0) await sleep(1)
    starter.kill('SIGSTOP')
    await sleep(1_000)
    // Too late to suspend it: it has already adopted its daemon.
    const isRecorded = existsSync(daemonFamily(ports).files(root).record)
    if (!isRecorded) {
      await eventually(() => expect(daemonsOf(root)).toEqual([]))
      await sleep(moreMs)
    }
    starter.kill('SIGCONT')
    const text = await said
    if (!isRecorded) return JSON.parse(text)
    await stopIn(root, ports)
  }
}

describe('the error of a start that fails says', () => {
  it('what the daemon said', async () => {
    const { message } = await failIn(newRoot(), { args: ['--fail=inspect'] })
    expect(message).toContain('the machine tells nothing')
  })

  it.for([10, 20_000])('the last of %s lines that it wrote to the log', async (count) => {
    const { message } = await failIn(newRoot(), failing(`writes-${count}`))
    expect(message).toContain(`{"line":${count}}`)
    expect(message).not.toContain(`{"line":${count - 8}}`)
    expect(message.length).toBeLessThan(500)
  })

  it('nothing that an earlier daemon wrote to the log', async () => {
    const root = newRoot()
    mkdirSync(dirname(logOf(root)), { recursive: true })
    writeFileSync(logOf(root), '{"event":"of an earlier one"}\n')
    const quiet = await failIn(root, failing('exits'))
    expect(quiet.message).toBe('the daemon did not start: it ended before it was ready (exit code 7)')
    const { message } = await failIn(root, failing('writes-2'))
    expect(message).toMatch(/; the end of its log: \{"line":1\} \| \{"line":2\}$/)
  })

  it.for([
    ['throws', 'Error: this entry is broken'],
    ['throws-properties', 'Error: this entry is broken'],
    ['throws-cause', 'Error: this entry is broken | caused by: Error: no file'],
    ['throws-lines', 'Error: this entry is broken |    ^ | at line 1:80 |    ^ | at line 1:80'],
    ['throws-class', 'OddError: this entry is broken'],
    ['throws-text', 'this entry is broken'],
    ['rejects-properties', 'Error: this entry is broken'],
    ['rejects-text', /^UnhandledPromiseRejection: .* reason "this entry is broken"\.$/],
    ['says', 'cannot start: Error: this entry is broken'],
    ['reads', "Error: ENOENT: no such file or directory, open '/nowhere/this entry is broken'"],
    ['imports', /^Error \[ERR_MODULE_NOT_FOUND\]: Cannot find module '.*nowhere\.mjs' imported from .*$/],
    ['compiles', "SyntaxError: Unexpected token ';'"],
  ] as const)(
    'the message of an error, and nothing else that Node prints with it: %s',
    async ([how, said]) => {
      const { message } = await failIn(newRoot(), failing(how))
      const [, end = ''] = message.split('; the end of its log: ')
      expect(end).toEqual(typeof said === 'string' ? said : expect.stringMatching(said))
    },
  )

  it.for([
    ['throws', failing('throws'), 'this entry is broken'],
    ['ends', failing('exits'), 'exit code 7'],
    ['is missing', { entry: fixture('missing') }, 'missing.mjs'],
  ] as const)('why an entry that %s came to nothing', async ([, options, cause]) => {
    const { message } = await failIn(newRoot(), options)
    expect(message).toContain(cause)
  })
})
