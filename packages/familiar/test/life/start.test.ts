import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spawnHostile, stopAll } from '../../../../stand-ins/hostile.mjs'
import { watchEndings } from '../../dist/act/endings.js'
import { connect } from '../../dist/client/connect.js'
import type { FamiliarError } from '../../dist/errors.js'
import {
  crash,
  daemonOf,
  leaveNoDaemons,
  logged,
  logOf,
  recordIn,
  recordPath,
  requestFor,
  startDaemonIn,
  stopIn,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { treeOf, newRoot } from '../helpers/homes.js'
import { listenersOn, watch } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf, startTimeOf } from '../helpers/processes.js'

const ports = portsOf('life/start')

leaveNoDaemons(ports)

describe('connect', () => {
  it('cold, starts a daemon in a root that does not exist yet', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports)
    expect([daemon.started, daemon.port, daemonsOf(root)]).toEqual(['first_start', ports.from, [daemon.pid]])
    expect(daemon.record).toMatchObject({
      scope: root,
      birth: startTimeOf(daemon.pid),
      state: 'running',
      stop_reason: null,
      stopped_at: null,
    })
    expect(logged(logOf(root), 'started')).toMatchObject([
      {
        reason: 'first_start',
        previous_version: null,
        version: '1.0.0',
        pid: daemon.pid,
        by_pid: process.pid,
      },
    ])
    expect((await daemon.post('/api/slow', { ms: 1 })).status).toBe(200)
  })

  it('does not adopt a daemon that is ready only after Ctrl+C: it exits, and leaves nothing', async () => {
    const root = newRoot()
    const endings = watchEndings()
    // Each question about the machine takes the daemon so long, so Ctrl+C comes before it is ready.
    const starting = connect(requestFor(root, ports, { args: ['--machine-ms=1500'] }))
    const outcome = starting.catch((error: FamiliarError) => error.code)
    await eventually(() => expect(daemonsOf(root)).toHaveLength(1))
    endings.finish()
    expect(await outcome).toBe('E_INTERRUPTED')
    await eventually(() => expect([daemonsOf(root), listenersOn(ports.from, ports.to)]).toEqual([[], []]))
    expect(existsSync(recordPath(root))).toBe(false)
    endings.stop()
  })

  it('warm, touches no lock and no file', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports)
    await eventually(async () => {
      const before = treeOf(root)
      const again = daemonOf(root, await connect(requestFor(root, ports)))
      expect([again.pid, again.started, treeOf(root)]).toEqual([daemon.pid, null, before])
    })
  })

  it.for([
    ['stopped', 'first_start'],
    ['killed', 'recorded_dead'],
  ] as const)('after a daemon that was %s, starts the next one and says so', async ([how, reason]) => {
    const root = newRoot()
    const first = await startDaemonIn(root, ports, { args: ['--version=0.9.0'] })
    await (how === 'stopped' ? stopIn(root, ports) : crash(first))
    const second = await startDaemonIn(root, ports)
    expect([second.started, first.isAlive(), daemonsOf(root)]).toEqual([reason, false, [second.pid]])
    expect(logged(logOf(root), 'started')).toMatchObject([
      { version: '0.9.0' },
      { reason, previous_version: '0.9.0', version: '1.0.0', by_pid: process.pid },
    ])
  })

  it('starts one, with the reason that the caller gives', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports, { change: { reason: 'operator_restart' } })
    expect([daemon.started, logged(logOf(root), 'started')[0]?.['reason']]).toEqual([
      'operator_restart',
      'operator_restart',
    ])
  })

  it('never sees a daemon of another scope in the record', async () => {
    const [one, other] = [newRoot(), newRoot()]
    const theirs = await startDaemonIn(one, ports)
    const ours = await startDaemonIn(other, ports)
    writeFileSync(recordPath(other), readFileSync(recordPath(one)))
    await eventually(() => expect(recordIn(other)).toEqual(ours.record))
    const again = daemonOf(other, await connect(requestFor(other, ports)))
    expect([again.pid, theirs.isAlive()]).toEqual([ours.pid, true])
  })

  it.for(['', 'garbage'])('starts where the record is %j, which is kept', async (text) => {
    const root = newRoot()
    await startDaemonIn(root, ports)
    await stopIn(root, ports)
    writeFileSync(recordPath(root), text)
    const daemon = await startDaemonIn(root, ports)
    const aside = readdirSync(dirname(recordPath(root))).filter((name) => name.includes('.corrupt-'))
    expect(aside.map((name) => readFileSync(join(dirname(recordPath(root)), name), 'utf8'))).toEqual([text])
    expect([daemon.started, daemonsOf(root)]).toEqual(['first_start', [daemon.pid]])
  })
})

describe('a start that no command asked for by name', () => {
  it('is skipped for the reason that the tool gives, and nothing is made', async () => {
    const root = newRoot()
    const connection = await connect(requestFor(root, ports, { change: { skipReason: 'because' } }))
    expect(connection).toEqual({ outcome: 'skipped', reason: 'because' })
    expect([daemonsOf(root), readdirSync(dirname(root))]).toEqual([[], []])
  })

  it('happens where all allow it', async () => {
    const daemon = await startDaemonIn(newRoot(), ports, { change: { skipReason: null } })
    expect(daemon.started).toBe('first_start')
  })

  it('need not happen where a daemon runs: it is used', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports)
    const again = await startDaemonIn(root, ports, { change: { skipReason: 'because' } })
    expect([again.pid, again.started]).toEqual([daemon.pid, null])
  })
})

it('a daemon that answers, but whose record was moved away, is connected to once that is back', async () => {
  const root = newRoot()
  const daemon = await startDaemonIn(root, ports)
  const path = recordPath(root)
  renameSync(path, join(dirname(path), `${basename(path)}.moved`))
  const again = await startDaemonIn(root, ports)
  expect([again.pid, again.started, daemonsOf(root)]).toEqual([daemon.pid, null, [daemon.pid]])
})

it('a listener that is not ours in the range is not an obstacle and is left alone', async () => {
  const third = await spawnHostile('http', ports.from)
  const isAlive = watch(third.pid)
  const daemon = await startDaemonIn(newRoot(), ports)
  expect([daemon.port, isAlive(), listenersOn(ports.from, ports.from + 1).length]).toEqual([
    ports.from + 1,
    true,
    1,
  ])
  await stopAll()
})
