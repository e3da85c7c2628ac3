import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import {
  afterFirstCleanUp,
  ended,
  leaveNoDaemons,
  logged,
  QUICK,
  recordIn,
  recordPath,
  signal,
  UNHURRIED,
  type Options,
} from '../helpers/daemons.js'
import { makeHome, removeAtOnce } from '../helpers/homes.js'
import { portsOf } from '../helpers/ports.js'
import { startTimeOf } from '../helpers/processes.js'
import { needRoot, NOBODY } from '../helpers/skip.js'
import { expectLeft, expectStays, SEVERAL_TICKS_MS, startRetiring } from '../helpers/retiring.js'

const ports = portsOf('life/retirement')
const family = daemonFamily(ports)
const start = (options?: Options) => startRetiring(ports, options)

leaveNoDaemons(ports)

describe('R1, superseded', () => {
  it('by a record that names another live daemon of the scope', async () => {
    const home = makeHome()
    const daemon = await afterFirstCleanUp(
      { root: join(home, 'root'), port: ports.to - 1, log: join(home, 'daemon.log') },
      () => startRetiring(ports, {}, home),
    )
    const port = daemon.port + 20
    const rival = await spawnPredecessor({ family: 'sync', port, root: daemon.root })
    const named = {
      ...daemon.record,
      pid: rival.pid,
      birth: startTimeOf(rival.pid),
      port,
      instance_id: 'rival',
    }
    const text = JSON.stringify(named)
    writeFileSync(recordPath(daemon.root), text)
    await expectLeft(daemon, 'superseded', 'R1')
    expect(JSON.stringify(recordIn(daemon.root))).toBe(text)
  })

  it.for([
    ['this user, by another path of the scope', undefined],
    ['another user, whose path is not opened', NOBODY],
  ] as const)('by a daemon of %s', async ([, uid], context) => {
    if (uid !== undefined) needRoot(context)
    const daemon = await start()
    const alias = join(makeHome(), 'alias')
    symlinkSync(daemon.root, alias)
    const port = daemon.port + 20
    const user = uid === undefined ? {} : { uid, gid: uid }
    const rival = await spawnPredecessor({ family: 'sync', port, root: alias, owner: false, ...user })
    const birth = startTimeOf(rival.pid)
    const named = { ...daemon.record, pid: rival.pid, birth, port, instance_id: 'rival' }
    writeFileSync(recordPath(daemon.root), JSON.stringify(named))
    await (uid === undefined ? expectLeft(daemon, 'superseded', 'R1') : expectStays(daemon))
  })

  it.for(['removed', 'replaced'])('when the file of its lock was %s', async (what) => {
    const daemon = await start()
    const path = family.files(daemon.root).daemonLock
    rmSync(path)
    if (what === 'replaced') writeFileSync(path, '')
    await expectLeft(daemon, 'superseded', 'R1')
  })

  it('when record and lock were removed together, before its next tick', async () => {
    const daemon = await start({ timing: UNHURRIED })
    rmSync(dirname(recordPath(daemon.root)), { recursive: true })
    await expectLeft(daemon, 'superseded', 'R1')
  })

  it('when both were replaced by those of another one while it was stopped, before its next tick', async () => {
    const daemon = await start({ timing: UNHURRIED })
    signal(daemon, 'SIGSTOP')
    rmSync(family.files(daemon.root).daemonLock)
    writeFileSync(family.files(daemon.root).daemonLock, '')
    const text = JSON.stringify({ ...daemon.record, pid: process.pid, instance_id: 'another' })
    rmSync(recordPath(daemon.root))
    writeFileSync(recordPath(daemon.root), text)
    signal(daemon, 'SIGCONT')
    await expectLeft(daemon, 'superseded', 'R1')
    expect(JSON.stringify(recordIn(daemon.root))).toBe(text)
  })

  it('not when the directory of both was renamed, and back again at once', async () => {
    const daemon = await start({ timing: UNHURRIED })
    const directory = dirname(recordPath(daemon.root))
    renameSync(directory, `${directory}.moved`)
    renameSync(`${directory}.moved`, directory)
    await sleep(2_000)
    expect([daemon.isAlive(), recordIn(daemon.root)]).toEqual([true, daemon.record])
  })

  it('waits for a request that is in flight', async () => {
    const daemon = await start()
    const slow = daemon.post('/api/slow', { ms: 700 })
    await sleep(100)
    rmSync(family.files(daemon.root).daemonLock)
    expect((await slow).status).toBe(200)
    await ended(daemon)
    expect(logged(daemon.log, 'leaving')).toMatchObject([{ reason: 'superseded', in_flight: 1 }])
    expect(logged(daemon.log, 'stopped')).toMatchObject([{ reason: 'superseded', abandoned: 0 }])
  })
})

describe('R2, the root is gone', () => {
  it('deleted: it leaves and does not make it again', async () => {
    const daemon = await start()
    removeAtOnce(daemon.root)
    await expectLeft(daemon, 'scope_gone', 'R2')
    expect(readdirSync(daemon.home)).toEqual(['daemon.log'])
  })

  it('renamed: the record goes with it, untouched', async () => {
    const daemon = await start()
    const moved = join(daemon.home, 'moved')
    renameSync(daemon.root, moved)
    await expectLeft(daemon, 'scope_gone', 'R2')
    expect([recordIn(moved), readdirSync(daemon.home)]).toEqual([daemon.record, ['daemon.log', 'moved']])
  })

  it.for([0, SEVERAL_TICKS_MS / 2])(
    'renamed, and another one in its place after %s ms: it writes in neither',
    async (ms) => {
      const daemon = await start()
      const moved = join(daemon.home, 'moved')
      renameSync(daemon.root, moved)
      await sleep(ms)
      mkdirSync(daemon.root)
      await expectLeft(daemon, 'scope_gone', 'R2')
      expect([recordIn(moved), readdirSync(daemon.root)]).toEqual([daemon.record, []])
    },
  )

  it('renamed, and a link to it in its place: it stays', async () => {
    const daemon = await start()
    const moved = join(daemon.home, 'moved')
    // On a busy machine, two ticks may pass between the two steps.
    signal(daemon, 'SIGSTOP')
    renameSync(daemon.root, moved)
    symlinkSync(moved, daemon.root)
    signal(daemon, 'SIGCONT')
    await expectStays(daemon)
  })

  it.for([0, SEVERAL_TICKS_MS / 2])(
    'deleted and made again, after %s ms: the new one is not its',
    async (ms) => {
      const daemon = await start()
      await sleep(ms)
      removeAtOnce(daemon.root)
      mkdirSync(daemon.root)
      await expectLeft(daemon, 'scope_gone', 'R2')
      expect(readdirSync(daemon.root)).toEqual([])
    },
  )

  it('away for less than two ticks: it stays', async () => {
    const tickMs = 8_000
    const daemon = await start({ timing: { ...QUICK, tickMs } })
    renameSync(daemon.root, join(daemon.home, 'moved'))
    // Long enough that a tick mostly sees it, with a second to spare on a busy machine.
    await sleep(tickMs - 1_000)
    renameSync(join(daemon.home, 'moved'), daemon.root)
    await expectStays(daemon, 2.5 * tickMs)
    expect(recordIn(daemon.root)).toEqual(daemon.record)
  })
})

describe('R3, its installation', () => {
  async function startInstalled() {
    const installation = join(makeHome(), 'version')
    writeFileSync(installation, '1.0.0')
    return { ...(await start({ args: [`--installation=${installation}`] })), installation }
  }

  it.for([
    ['was replaced by another version', (path: string) => writeFileSync(path, '1.0.1')],
    ['is gone', (path: string) => rmSync(path)],
  ] as const)('%s', async ([, change]) => {
    const daemon = await startInstalled()
    change(daemon.installation)
    await expectLeft(daemon, 'installation_changed', 'R3')
    const { state, stop_reason } = recordIn(daemon.root)
    expect([state, stop_reason]).toEqual(['stopped', 'installation_changed'])
  })

  it('is unknown: it stays', async () => {
    const daemon = await startInstalled()
    writeFileSync(daemon.installation, '')
    await expectStays(daemon)
  })

  it('does not matter while a request is in flight, however long', async () => {
    const daemon = await startInstalled()
    const slow = daemon.post('/api/slow', { ms: 2 * SEVERAL_TICKS_MS })
    await sleep(100)
    rmSync(daemon.installation)
    await expectStays(daemon)
    expect((await slow).status).toBe(200)
    await expectLeft(daemon, 'installation_changed', 'R3')
  })
})
