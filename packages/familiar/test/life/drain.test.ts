import { describe, expect, it } from 'vitest'
import { watchEndings } from '../../dist/act/endings.js'
import { stopDaemon } from '../../dist/client/stop.js'
import { monotonicMs } from '../../dist/clock.js'
import { selectPlatform } from '../../dist/observe/platform/select.js'
import { scan } from '../../dist/observe/scan.js'
import { scopeDaemon } from '../../dist/observe/scope-daemon.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import {
  beginSlow,
  leaveNoDaemons,
  ended,
  leavesAfter,
  logged,
  logOf,
  recordIn,
  signal,
  startDaemonIn,
  stopIn,
  UNHURRIED,
  BUSY_MS,
  NEVER_MS,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { newRoot } from '../helpers/homes.js'
import { listenersOn } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'

const ports = portsOf('life/drain')

const DRAIN_MS = 700

leaveNoDaemons(ports)

describe('what is in flight', () => {
  it('is finished', async () => {
    const daemon = await startDaemonIn(newRoot(), ports, { timing: { ...UNHURRIED, drainMs: 2 * BUSY_MS } })
    const { reply: slow } = await beginSlow(daemon, 800)
    signal(daemon, 'SIGTERM')
    const took = leavesAfter(daemon)
    const reply = await slow
    expect([reply.status, await reply.json()]).toEqual([200, { slept_ms: 800 }])
    expect(await took).toBeLessThan(BUSY_MS)
    expect(logged(logOf(daemon.root), 'stopped')).toMatchObject([{ abandoned: 0 }])
  })

  it('is abandoned after the drain bound', async () => {
    const daemon = await startDaemonIn(newRoot(), ports, { timing: { ...UNHURRIED, drainMs: DRAIN_MS } })
    const { reply: never } = await beginSlow(daemon, NEVER_MS)
    const began = performance.now()
    signal(daemon, 'SIGTERM')
    await ended(daemon)
    const took = performance.now() - began
    expect(took).toBeGreaterThan(DRAIN_MS - 50)
    expect(took).toBeLessThan(DRAIN_MS + BUSY_MS)
    await expect(never).rejects.toBeInstanceOf(Error)
    expect(logged(logOf(daemon.root), 'stopped')).toMatchObject([{ abandoned: 1 }])
    expect(recordIn(daemon.root).state).toBe('stopped')
  })

  it('keeps a daemon of which Ctrl+C can say until when it may be ending, and a scan shows it meanwhile', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports, { timing: { ...UNHURRIED, drainMs: BUSY_MS } })
    await beginSlow(daemon, NEVER_MS)
    const endings = watchEndings()
    const family = daemonFamily(ports)
    const platform = await selectPlatform()
    const stopped = stopDaemon({ family, scope: root, platform, reason: 'test', stopCommand: 'acme stop' })
    await eventually(async () => {
      const [told] = endings.all()
      expect(told).toMatchObject({ pid: daemon.pid, state: 'under way', stopCommand: 'acme stop' })
      expect(await told?.look()).toBe('hidden')
    })
    const [told] = endings.all()
    // The drain is granted 10 s at most, and each end has a step more.
    const [dueMs, overMs] = [told?.dueAt ?? 0, told?.overAt ?? 0].map((at) => at - monotonicMs())
    expect(dueMs).toBeGreaterThan(0)
    expect(dueMs).toBeLessThan(11_000)
    expect(overMs).toBeGreaterThan((dueMs ?? 0) + 7_000)
    const shown = scopeDaemon(await scan(family, root, platform))?.observation
    expect([shown?.pid, shown?.port]).toEqual([daemon.pid, null])
    signal(daemon, 'SIGKILL')
    expect(await stopped).toMatchObject({ outcome: 'stopped', path: 'http_shutdown' })
    expect(endings.all()).toMatchObject([{ state: 'gone' }])
    endings.stop()
  })

  it('is waited for by the stop command, which is told the bound', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports, { timing: { ...UNHURRIED, drainMs: 3_000 } })
    const { reply: slow } = await beginSlow(daemon, 1_800)
    expect(await stopIn(root, ports)).toMatchObject({ outcome: 'stopped', path: 'http_shutdown' })
    expect([(await slow).status, daemon.isAlive()]).toEqual([200, false])
  })

  it('does not make a command fail that needs a daemon meanwhile: it gets the next one', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports, { timing: { ...UNHURRIED, drainMs: 2 * BUSY_MS } })
    const { reply: slow } = await beginSlow(daemon, 600)
    signal(daemon, 'SIGTERM')
    await eventually(() => expect(listenersOn(daemon.port, daemon.port + 1)).toEqual([]))
    const next = await startDaemonIn(root, ports)
    expect([next.pid === daemon.pid, daemon.isAlive(), (await slow).status]).toEqual([false, false, 200])
    expect(next.started).toBe('first_start')
  })
})
