import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, type TestContext } from 'vitest'
import { isLockHeld } from '../../dist/act/acquire-lock.js'
import { connect } from '../../dist/client/connect.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import { startChild } from '../helpers/children.js'
import {
  commandOf,
  leaveNoDaemons,
  logged,
  logOf,
  recordPath,
  requestFor,
  startDaemonIn,
  starterOf,
} from '../helpers/daemons.js'
import { newRoot } from '../helpers/homes.js'
import { listenersOn } from '../helpers/machine.js'
import { textOf } from '../helpers/output.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'
import { refusingCalls } from '../helpers/refuse-calls.js'

const ports = portsOf('life/lock-unsupported')
const filesOf = daemonFamily(ports).files

leaveNoDaemons(ports)

/** What comes before a command that gets no lock. */
const without = (context: TestContext): readonly string[] => refusingCalls(context, 'lock=ENOLCK')

/** Runs a process to its end. Returns its exit code and what it said. */
async function run(prefix: readonly string[], args: readonly string[]) {
  const [command = '', ...others] = [...prefix, process.execPath, ...args]
  const child = startChild(command, others, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [[code], said] = await Promise.all([once(child, 'exit'), textOf(child)])
  return { code: code as number, said: said === '' ? null : (JSON.parse(said) as unknown) }
}

/** There is no daemon, no listener and no record: at most lock files that no process holds. */
async function expectNothing(root: string): Promise<void> {
  expect([daemonsOf(root), listenersOn(ports.from, ports.to), existsSync(recordPath(root))]).toEqual([
    [],
    [],
    false,
  ])
  const { lifecycleLock, daemonLock } = filesOf(root)
  expect([await isLockHeld(lifecycleLock), await isLockHeld(daemonLock)]).toEqual([false, false])
}

describe('on a file system without locks', () => {
  it('two starts at once fail with the reason, and there is no daemon', async (context) => {
    const [root, prefix] = [newRoot(), without(context)]
    const starters = [1, 2].map(() => run(prefix, starterOf(root, ports)))
    const path = filesOf(root).lifecycleLock
    const failed = {
      code: 1,
      said: { code: 'E_LOCK_UNSUPPORTED', message: `cannot lock ${path}: ENOLCK`, retry: false },
    }
    expect(await Promise.all(starters)).toEqual([failed, failed])
    await expectNothing(root)
    expect(readdirSync(join(root, 'daemons', 'sync')).toSorted()).toEqual(['.gitignore', 'lifecycle.lock'])
    expect((await startDaemonIn(root, ports)).started).toBe('first_start')
  })

  it('a daemon that is started by hand ends, and its log says why', async (context) => {
    const root = newRoot()
    const { code } = await run(without(context), commandOf(root, ports))
    expect(code).toBe(1)
    expect(logged(logOf(root), 'start_failed')).toMatchObject([{ code: 'E_LOCK_UNSUPPORTED' }])
    await expectNothing(root)
  })

  it('a daemon that runs is still found', async (context) => {
    const [root, prefix] = [newRoot(), without(context)]
    const { pid, port } = await startDaemonIn(root, ports)
    expect(await run(prefix, starterOf(root, ports))).toEqual({ code: 0, said: { pid, port, started: null } })
    expect(daemonsOf(root)).toEqual([pid])
  })
})

it('a daemon that gets no lock fails the start, although the starter has got its own', async (context) => {
  without(context)
  const root = newRoot()
  const entry = fileURLToPath(new URL('../helpers/refused-daemon.mjs', import.meta.url))
  await expect(connect(requestFor(root, ports, { entry }))).rejects.toMatchObject({
    code: 'E_LOCK_UNSUPPORTED',
    message: `cannot lock ${filesOf(root).daemonLock}: ENOLCK`,
    hint: expect.stringContaining('put '),
  })
  await expectNothing(root)
  expect((await startDaemonIn(root, ports)).started).toBe('first_start')
})
