import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { retireStale } from '../../dist/client/retire-stale.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import {
  leaveNoDaemons,
  recordIn,
  recordPath,
  requestFor,
  signal,
  startDaemonIn,
  stopIn,
  UNHURRIED,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome, treeOf, newRoot } from '../helpers/homes.js'
import { startLockProcess } from '../helpers/lock-process.js'
import { hasPendingSignal, listenersOn, stateOf, watch } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'
import { connectAs, installed, startsIn } from '../helpers/replacing.js'

const ports = portsOf('life/retire-stale')

const OLD = { ...installed('1.0.0'), timing: UNHURRIED }
const NEW = installed('2.0.0')
/** Longer than any command of these tests holds the lock, on a busy machine too. */
const LOCK_WAIT_MS = 60_000
/** A wait that a test has to sit out. */
const SHORT_WAIT_MS = 3_000
/** Less than the usual wait for the lock: 30 s. */
const BESIDES_MS = 25_000

leaveNoDaemons(ports)

function retireAs(root: string, more: { lockWaitMs?: number; onWait?: (message: string) => void } = {}) {
  const { family, scope, platform, doctorCommand, stopCommand } = requestFor(root, ports)
  const commands = { doctorCommand, stopCommand }
  const { self } = NEW
  const quiet = { onWait: () => {}, lockWaitMs: LOCK_WAIT_MS }
  return retireStale({ family, scope, platform, ...commands, self, ...quiet, ...more })
}

describe('retireStale retires', () => {
  it('a daemon of an older version, and starts none; the next command does', async () => {
    const root = newRoot()
    const old = await startDaemonIn(root, ports, OLD)
    expect(await retireAs(root)).toEqual({
      outcome: 'retired',
      reason: 'version_mismatch',
      packageVersion: '1.0.0',
    })
    expect([old.isAlive(), daemonsOf(root), listenersOn(old.port, old.port + 1)]).toEqual([false, [], []])
    expect(recordIn(root)).toMatchObject({ pid: old.pid, state: 'stopped', stop_reason: 'version_mismatch' })
    expect(await retireAs(root)).toEqual({ outcome: 'none' })
    expect(startsIn(root)).toHaveLength(1)
    await connectAs(root, ports, NEW)
    expect(startsIn(root)[1]).toMatchObject({ reason: 'version_mismatch', previous_version: '1.0.0' })
  })

  it.for([
    ['of the same version', installed('2.0.0')],
    ['of a newer version', installed('3.0.0')],
    ['of a newer protocol', installed('3.0.0', { protocol: 2 })],
  ] as const)('a daemon %s, when its own installation is gone', async ([, { self }]) => {
    const [root, home] = [newRoot(), makeHome()]
    const { packageVersion, protocolVersion } = self
    const old = await startDaemonIn(
      root,
      ports,
      installed(packageVersion, { protocol: protocolVersion ?? 1, home }),
    )
    rmSync(home, { recursive: true })
    expect(await retireAs(root)).toEqual({
      outcome: 'retired',
      reason: 'installation_gone',
      packageVersion,
    })
    expect([old.isAlive(), daemonsOf(root)]).toEqual([false, []])
  })

  it('once, when several do it at the same time', async () => {
    const root = newRoot()
    await startDaemonIn(root, ports, OLD)
    const outcomes = (await Promise.all([1, 2, 3, 4].map(() => retireAs(root)))).map(({ outcome }) => outcome)
    expect(outcomes.toSorted()).toEqual(['none', 'none', 'none', 'retired'])
    expect(daemonsOf(root)).toEqual([])
  })
})

describe('retireStale keeps', () => {
  it.for([
    ['the same version', installed('2.0.0')],
    ['a newer version', installed('2.0.1')],
    ['a newer protocol', installed('1.0.0', { protocol: 2 })],
    ['a build from this release', installed('2.0.0-5-gabc1234')],
  ] as const)('a daemon of %s, and writes nothing', async ([, kept]) => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports, { ...kept, timing: UNHURRIED })
    const before = treeOf(root)
    expect(await retireAs(root)).toEqual({ outcome: 'kept', packageVersion: kept.self.packageVersion })
    expect([daemon.isAlive(), treeOf(root)]).toEqual([true, before])
  })
})

describe('retireStale finds none', () => {
  it('in a root that does not exist, which it does not make', async () => {
    const home = makeHome()
    expect(await retireAs(join(home, 'root'))).toEqual({ outcome: 'none' })
    expect(treeOf(home)).toEqual([])
  })

  it('where the daemon has been stopped', async () => {
    const root = newRoot()
    await startDaemonIn(root, ports, OLD)
    await stopIn(root, ports)
    const before = treeOf(root)
    expect([await retireAs(root), treeOf(root)]).toEqual([{ outcome: 'none' }, before])
  })

  it('where the daemon does not answer, and leaves that alone', async () => {
    const root = newRoot()
    const old = await startDaemonIn(root, ports, OLD)
    signal(old, 'SIGSTOP')
    await eventually(() => expect(stateOf(old.pid)).toBe('T'))
    expect(await retireAs(root)).toEqual({ outcome: 'none' })
    expect([hasPendingSignal(old.pid), recordIn(root)]).toEqual([false, old.record])
    signal(old, 'SIGCONT')
  })

  it("where there is a predecessor's, which is left to the next command", async () => {
    const root = makeHome()
    const old = await spawnPredecessor({ family: 'sync', port: ports.to - 1, root, record: true })
    const isAlive = watch(old.pid)
    const before = treeOf(root)
    expect([await retireAs(root), isAlive(), treeOf(root)]).toEqual([{ outcome: 'none' }, true, before])
    expect(readFileSync(join(root, 'sync-daemon'), 'utf8')).toContain(old.token)
    expect((await connectAs(root, ports, NEW)).replaced).toMatchObject({ packageVersion: '3.2.5' })
  })
})

describe('retireStale, while another process changes something in the root,', () => {
  it('waits no longer than it may, says so, and changes nothing', async () => {
    const root = newRoot()
    const old = await startDaemonIn(root, ports, OLD)
    const { lifecycleLock } = daemonFamily(ports).files(root)
    const holder = startLockProcess(lifecycleLock)
    expect(await holder.ask('acquire 0')).toEqual({ held: true })
    const said: string[] = []
    const began = performance.now()
    const waiting = retireAs(root, { lockWaitMs: SHORT_WAIT_MS, onWait: (message) => said.push(message) })
    await expect(waiting).rejects.toMatchObject({
      code: 'E_LOCK_BUSY',
      message: expect.stringContaining(`process ${holder.pid}`),
    })
    const ms = performance.now() - began
    await holder.kill()
    expect([ms >= SHORT_WAIT_MS, ms < SHORT_WAIT_MS + BESIDES_MS]).toEqual([true, true])
    expect(said).toEqual([expect.stringContaining(`held by process ${holder.pid}`)])
    expect([old.isAlive(), recordIn(root)]).toEqual([true, old.record])
  })

  it('keeps what that has brought', async () => {
    const root = newRoot()
    await startDaemonIn(root, ports, OLD)
    const [result, { record }] = await Promise.all([retireAs(root), connectAs(root, ports, NEW)])
    const living = daemonsOf(root)
    expect([['retired', 'kept', 'none'].includes(result.outcome), living]).toEqual([true, [record.pid]])
    expect(recordIn(root)).toMatchObject({ package_version: '2.0.0', state: 'running' })
  })
})

it('a daemon that is not proven is an error, and stays', async () => {
  const root = newRoot()
  const old = await startDaemonIn(root, ports, OLD)
  rmSync(daemonFamily(ports).files(root).daemonLock)
  await expect(retireAs(root)).rejects.toMatchObject({
    code: 'E_DAEMON_NOT_REPLACED',
    message: expect.stringMatching(/not proven: daemon_lock$/),
    hint: 'stop',
  })
  expect([old.isAlive(), readFileSync(recordPath(root), 'utf8')]).toEqual([
    true,
    expect.stringContaining('"running"'),
  ])
})
