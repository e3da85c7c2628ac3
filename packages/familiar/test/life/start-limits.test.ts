import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { describe, expect, it, type TestContext } from 'vitest'
import { isLockHeld } from '../../dist/act/acquire-lock.js'
import { connect } from '../../dist/client/connect.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import { startChild } from '../helpers/children.js'
import {
  leaveNoDaemons,
  recordIn,
  recordPath,
  requestFor,
  startDaemonIn,
  starterOf,
  stopIn,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { newRoot } from '../helpers/homes.js'
import { listenersOn } from '../helpers/machine.js'
import { textOf } from '../helpers/output.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'
import { refusingCalls } from '../helpers/refuse-calls.js'
import { needCommand } from '../helpers/skip.js'

const ports = portsOf('life/start-limits')

leaveNoDaemons(ports)

const NEWER = { ...process.env, SELF: JSON.stringify({ packageVersion: '9.0.0' }) }

/** Runs a starter to its end and returns what it said; null where Node could not even load it. */
async function start(
  prefix: readonly string[],
  root: string,
  args: readonly string[] = [],
  env = process.env,
) {
  const [command = '', ...rest] = [...prefix, process.execPath, ...starterOf(root, ports, { args })]
  const child = startChild(command, rest, { stdio: ['ignore', 'pipe', 'ignore'], env })
  const [[code], said] = await Promise.all([once(child, 'exit'), textOf(child)])
  return { code: code as number, said: said === '' ? null : (JSON.parse(said) as Record<string, unknown>) }
}

async function expectNothing(root: string): Promise<void> {
  await eventually(() => expect(daemonsOf(root)).toEqual([]))
  expect([listenersOn(ports.from, ports.to), existsSync(recordPath(root))]).toEqual([[], false])
  const { lifecycleLock, daemonLock } = daemonFamily(ports).files(root)
  expect([await isLockHeld(lifecycleLock), await isLockHeld(daemonLock)]).toEqual([false, false])
}

const LACK = { code: 'E_RESOURCES', message: expect.stringContaining('too few resources'), retry: true }

describe('a starter that may not start another process', () => {
  it.for(['fork=EAGAIN', 'fork=ENOMEM'])(
    'gets that error, and leaves nothing (%s)',
    async (rule, context) => {
      const root = newRoot()
      expect(await start(refusingCalls(context, rule), root)).toEqual({ code: 1, said: LACK })
      await expectNothing(root)
      expect((await startDaemonIn(root, ports)).started).toBe('first_start')
    },
  )

  it.for(['fork=EAGAIN', 'fork=ENOMEM'])(
    'ends no daemon that it could not replace (%s)',
    async (rule, context) => {
      const [root, prefix] = [newRoot(), refusingCalls(context, rule)]
      const daemon = await startDaemonIn(root, ports)
      expect((await start(prefix, root, ['--version=9.0.0'], NEWER)).said).toEqual(LACK)
      expect([daemon.isAlive(), recordIn(root)]).toEqual([true, daemon.record])
    },
  )
})

function few(context: TestContext, count: number): readonly string[] {
  const limit = `--nofile=${count}:${count}`
  needCommand(context, 'prlimit', [limit])
  return ['prlimit', limit]
}

describe('a daemon with few descriptors', () => {
  it('starts, or says what it lacks and leaves nothing, at every limit', async (context) => {
    const outcomes: number[] = []
    for (let left = 0; left <= 28; left += 2) {
      const root = newRoot()
      const { code, said } = await start(few(context, 200), root, [`--descriptors-left=${left}`])
      outcomes.push(code)
      if (code === 0) await stopIn(root, ports)
      else expect([left, said]).toEqual([left, LACK])
      if (code !== 0) await expectNothing(root)
      await eventually(() => expect(daemonsOf(root)).toEqual([]))
    }
    expect([outcomes[0], outcomes.at(-1)]).toEqual([1, 0])
  })
})

it('an environment that is too large for a start is a typed error', async () => {
  const root = newRoot()
  const { launch } = requestFor(root, ports)
  const env = { ...launch.env, TOO_LARGE: 'x'.repeat(4 * 1024 * 1024) }
  await expect(
    connect(requestFor(root, ports, { change: { launch: { ...launch, env } } })),
  ).rejects.toMatchObject({
    code: 'E_DAEMON_START_FAILED',
    message: expect.stringContaining('E2BIG'),
  })
  await expectNothing(root)
})
