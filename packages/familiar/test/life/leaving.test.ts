import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startChild } from '../helpers/children.js'
import {
  commandOf,
  ended,
  leaveNoDaemons,
  logged,
  logOf,
  recordIn,
  signal,
  startDaemonIn,
  stopIn,
  UNHURRIED,
  BUSY_MS,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { newRoot } from '../helpers/homes.js'
import { listenersOn, watch } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'

const ports = portsOf('life/leaving')

/** What the library adds to the drain bound before it ends a daemon that hangs. */
const WATCHDOG_MS = 1_000

leaveNoDaemons(ports)

describe('a daemon that is told to leave', () => {
  it.for(['SIGTERM', 'SIGINT'] as const)(
    'by %s closes its port, marks its record and says so',
    async (name) => {
      const daemon = await startDaemonIn(newRoot(), ports, { timing: UNHURRIED })
      signal(daemon, name)
      await ended(daemon)
      expect(listenersOn(daemon.port, daemon.port + 1)).toEqual([])
      expect(recordIn(daemon.root)).toEqual({
        ...daemon.record,
        state: 'stopped',
        stop_reason: name,
        stopped_at: expect.any(String),
      })
      expect(logged(logOf(daemon.root), 'leaving')).toMatchObject([{ reason: name, rule: null }])
      expect(logged(logOf(daemon.root), 'stopped')).toMatchObject([{ reason: name, abandoned: 0 }])
    },
  )

  it('ends with exit code 0', async () => {
    const root = newRoot()
    const child = startChild(process.execPath, commandOf(root, ports), { stdio: 'ignore' })
    await eventually(() => expect(recordIn(root).pid).toBe(child.pid))
    const exited = new Promise((resolve) => child.once('exit', (...how) => resolve(how)))
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })

  it('by SIGHUP does not: its starter is long gone', async () => {
    const daemon = await startDaemonIn(newRoot(), ports, { timing: UNHURRIED })
    signal(daemon, 'SIGHUP')
    await sleep(300)
    expect([daemon.isAlive(), (await daemon.post('/api/slow', { ms: 1 })).status]).toEqual([true, 200])
  })

  it('by its stop command does so by asking, and keeps the reason for the next one', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports)
    expect(await stopIn(root, ports, 'for a test')).toEqual({
      outcome: 'stopped',
      pid: daemon.pid,
      port: daemon.port,
      packageVersion: '1.0.0',
      path: 'http_shutdown',
    })
    const { state, stop_reason, stopped_at } = recordIn(root)
    expect([daemon.isAlive(), state, stop_reason]).toEqual([false, 'stopped', 'for a test'])
    const next = await startDaemonIn(root, ports)
    expect(next.record).toMatchObject({ state: 'running', stop_reason: 'for a test', stopped_at })
  })
})

describe('the watchdog', () => {
  it('ends a daemon whose work does not stop', async () => {
    const timing = { ...UNHURRIED, drainMs: 500 }
    const daemon = await startDaemonIn(newRoot(), ports, { timing, args: ['--stop=never'] })
    const began = performance.now()
    signal(daemon, 'SIGTERM')
    await ended(daemon)
    const took = performance.now() - began
    expect(took).toBeGreaterThan(450 + WATCHDOG_MS)
    expect(took).toBeLessThan(500 + WATCHDOG_MS + BUSY_MS)
    expect(listenersOn(daemon.port, daemon.port + 1)).toEqual([])
  })

  it('leaves it to the next command to say that it died', async () => {
    const timing = { ...UNHURRIED, drainMs: 100 }
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports, { timing, args: ['--stop=never'] })
    signal(daemon, 'SIGTERM')
    await ended(daemon)
    const next = await startDaemonIn(root, ports)
    expect([next.started, watch(next.pid)()]).toEqual(['recorded_dead', true])
  })
})
