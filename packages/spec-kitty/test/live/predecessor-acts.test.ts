import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { stopAll, writeSyncRecord } from '../../../../stand-ins/predecessor.mjs'
import {
  authDoctorReset,
  ensureSyncDaemon,
  readDashboardRecord,
  startDashboardInFullRange,
  stopDashboard,
} from '../../../../stand-ins/predecessor-commands.mjs'
import { lives as stillLives, processOf, type Process } from '../helpers/dashboards.js'
import { makeDashboardTestEnv, recorded, type DashboardTestEnv } from './dashboards.js'
import { lives, makeRoot, type SyncRoot } from './sync-root.js'

/**
 * What the predecessor's commands do to daemons of ours cannot be kept from here. What can: the next command of ours
 * serves, says what became of the old daemon, and nothing else is hurt by the repair.
 */

/** A daemon that is gone without a word is stopped or crashed, never running or deaf. */
const ENDED = /^(?:stopped|crashed)$/

/** Who must not be hurt: a program on a port of the range, and one without. */
async function startBystanders(port: number): Promise<readonly Process[]> {
  const started = [await spawnHostile('http', port), await spawnHostile('sleep', 0)]
  return started.map(({ pid }) => processOf(pid))
}

describe('on the sync daemon', () => {
  let root: SyncRoot
  let beside: SyncRoot

  beforeEach(() => {
    root = makeRoot()
    beside = root.beside(join(root.base, 'beside'))
  })

  afterEach(async () => {
    await stopAll()
    await root.end()
  })

  /** The next command of ours, after the daemon was ended: it says so, starts another one, and that one serves. */
  function expectServes(ended: { readonly pid: number }): void {
    const before = root.json(['sync', 'status'])
    expect([before.status, before.document.state]).toEqual([0, expect.stringMatching(ENDED)])
    const started = root.json(['sync', 'start'])
    expect([started.status, started.document.outcome]).toEqual([0, 'started'])
    expect(started.document.pid).not.toBe(ended.pid)
    const after = root.json(['sync', 'status']).document
    expect(after).toMatchObject({ state: 'running', pid: started.document.pid, is_predecessor: false })
    const doctor = root.json(['auth', 'doctor', '--reset'])
    expect([doctor.status, doctor.document.daemon.pid, doctor.document.reset_result.failed]).toEqual([
      0,
      started.document.pid,
      [],
    ])
    expect(root.remember()?.pid).toBe(started.document.pid)
  }

  it('auth doctor --reset of 3.2.2 and 3.2.3 ends it: the next start serves', async () => {
    const ours = root.start()
    const theirs = beside.start()
    const bystanders = await startBystanders(9440)
    expect(await authDoctorReset(root.path, [ours])).toEqual([ours.pid])
    expect(lives(ours)).toBe(false)
    expectServes(ours)
    expect([lives(theirs), bystanders.filter((one) => !stillLives(one))]).toEqual([true, []])
  })

  it('a stale record with its pid gets it SIGKILL: the next start serves', async () => {
    const ours = root.start()
    const theirs = beside.start()
    const bystanders = await startBystanders(9440)
    writeSyncRecord(root.path, { port: 9449, token: 'a'.repeat(32), pid: ours.pid })
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: ours.pid })
    expect(await ensureSyncDaemon(root.path, [ours])).toBe(ours.pid)
    expect([lives(ours), existsSync(join(root.path, 'sync-daemon'))]).toEqual([false, false])
    expectServes(ours)
    expect([lives(theirs), bystanders.filter((one) => !stillLives(one))]).toEqual([true, []])
  })

  it('a stale record whose pid is a program that is not ours is never a reason for us to end that', async () => {
    const [innocent] = await startBystanders(9440)
    if (innocent === undefined) throw new Error('nothing was started')
    writeSyncRecord(root.path, { port: 9449, token: 'a'.repeat(32), pid: innocent.pid })
    const started = root.json(['sync', 'start'])
    expect([started.status, started.document.outcome]).toEqual([0, 'started'])
    root.json(['auth', 'doctor', '--reset', '--force'])
    root.json(['sync', 'stop'])
    root.json(['sync', 'stop'])
    expect(stillLives(innocent)).toBe(true)
  })
})

describe('on dashboards', () => {
  let place: DashboardTestEnv

  beforeEach(() => {
    place = makeDashboardTestEnv()
  })

  afterEach(() => place.end())

  it('its start in a full range ends every one: the next command of each project serves', async () => {
    const one = await place.start(place.project('one'))
    const other = await place.start(place.project('other'))
    const bystanders = await startBystanders(9300)
    expect(await startDashboardInFullRange([one, other])).toEqual([one.pid, other.pid])
    expect([stillLives(one), stillLives(other)]).toEqual([false, false])
    for (const { project, pid } of [one, other]) {
      const { document, status } = await place.json(project, ['dashboard', '--status'])
      expect([status, document.state]).toEqual([0, expect.stringMatching(ENDED)])
      const next = await place.start(project)
      expect(next.pid).not.toBe(pid)
    }
    const { document } = await place.json(place.base, ['dashboard', '--cleanup-all', '--yes', '--force'])
    expect([document.swept, document.failed]).toEqual([[], []])
    expect(bystanders.filter((any) => !stillLives(any))).toEqual([])
    for (const { project } of [one, other]) expect(stillLives(recorded(project))).toBe(true)
  })

  it.for([
    ['its stop removes the record that it shares with us', stopDashboard],
    ['it removes a record there that it cannot read', readDashboardRecord],
  ] as const)('%s: ours lives on, and the next command finds it', async ([, act]) => {
    const ours = await place.start(place.project('one'))
    await act(ours.project)
    expect(stillLives(ours)).toBe(true)
    const next = await place.start(ours.project)
    expect(next.pid).toBe(ours.pid)
    expect((await place.json(ours.project, ['dashboard', '--status'])).document).toMatchObject({
      state: 'running',
      pid: ours.pid,
    })
    expect((await place.run(ours.project, ['dashboard', '--stop'])).status).toBe(0)
    expect(stillLives(ours)).toBe(false)
  })
})
