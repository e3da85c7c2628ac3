import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { connect } from '../../dist/client/connect.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import {
  crash,
  leaveNoDaemons,
  recordIn,
  requestFor,
  signal,
  startDaemonIn,
  stopIn,
  type Daemon,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { figure } from '../helpers/figures.js'
import { newRoot } from '../helpers/homes.js'
import { startLockProcess } from '../helpers/lock-process.js'
import { hasPendingSignal, listenersOn, stateOf } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'

const ports = portsOf('life/wedged')

/** The bound of connect() for a daemon that lives and does not answer. */
const BOUND_MS = 2_000
/** On a machine that does other things at the same time, the quickest of some attempts is the one to hold against it. */
const ATTEMPTS = 10

leaveNoDaemons(ports)

/** Starts a daemon and stops it: it lives, holds its lock and its port, and answers nothing. */
async function startWedged(root: string): Promise<Daemon> {
  const daemon = await startDaemonIn(root, ports)
  signal(daemon, 'SIGSTOP')
  await eventually(() => expect(stateOf(daemon.pid)).toBe('T'))
  return daemon
}

async function attempt(root: string): Promise<{ readonly error: unknown; readonly ms: number }> {
  const [began, starved] = [performance.now(), starvedMs()]
  const error = await connect(requestFor(root, ports)).catch((thrown: unknown) => thrown)
  return { error, ms: performance.now() - began - (starvedMs() - starved) }
}

/** How long this thread was ready and got no processor, in milliseconds: time that the machine took, and not `connect`. */
function starvedMs(): number {
  const [, waited] = readFileSync('/proc/self/schedstat', 'utf8').split(' ')
  return Number(waited) / 1e6
}

describe('a daemon that lives and does not answer', () => {
  it('is an error of connect, in time, that names it and the command that ends it', async () => {
    const root = newRoot()
    const daemon = await startWedged(root)
    const { pid, port, record } = daemon
    const took: number[] = []
    for (let count = 0; count < ATTEMPTS && Math.min(...took) >= BOUND_MS; count++) {
      const { error, ms } = await attempt(root)
      expect(error).toMatchObject({ code: 'E_DAEMON_UNRESPONSIVE', hint: 'stop' })
      expect((error as Error).message).toMatch(
        new RegExp(`process ${pid}, port ${port}\\b.*${root}.*daemon\\.log`),
      )
      took.push(ms)
    }
    figure(`E_DAEMON_UNRESPONSIVE after ${took.map(Math.round).join(', ')} ms`)
    expect(Math.min(...took)).toBeLessThan(BOUND_MS)
    expect([stateOf(pid), hasPendingSignal(pid), recordIn(root), daemonsOf(root)]).toEqual([
      'T',
      false,
      record,
      [pid],
    ])
    signal(daemon, 'SIGCONT')
  })

  it('is the same for several commands at once', async () => {
    const root = newRoot()
    const daemon = await startWedged(root)
    const { pid } = daemon
    const attempts = await Promise.all([1, 2, 3, 4].map(() => attempt(root)))
    figure(`four at once: ${attempts.map(({ ms }) => Math.round(ms)).join(', ')} ms`)
    for (const { error } of attempts) expect(error).toMatchObject({ code: 'E_DAEMON_UNRESPONSIVE' })
    expect([stateOf(pid), hasPendingSignal(pid)]).toEqual(['T', false])
    signal(daemon, 'SIGCONT')
  })

  it('is used again once it goes on', async () => {
    const root = newRoot()
    const daemon = await startWedged(root)
    expect((await attempt(root)).error).toMatchObject({ code: 'E_DAEMON_UNRESPONSIVE' })
    signal(daemon, 'SIGCONT')
    const again = await startDaemonIn(root, ports)
    expect([again.pid, again.started]).toEqual([daemon.pid, null])
  })

  it('is ended by its stop command, by force, and the next one starts', async () => {
    const root = newRoot()
    const daemon = await startWedged(root)
    expect(await stopIn(root, ports, 'wedged')).toMatchObject({
      outcome: 'stopped',
      pid: daemon.pid,
      path: 'kill',
    })
    expect([daemon.isAlive(), listenersOn(daemon.port, daemon.port + 1)]).toEqual([false, []])
    expect(recordIn(root)).toMatchObject({ state: 'stopped', stop_reason: 'wedged' })
    expect((await startDaemonIn(root, ports)).started).toBe('first_start')
  })
})

it('a daemon that gets no CPU once it is recorded is waited for by the command that started it', async () => {
  const options = { args: [`--busy-at-first-ms=${2 * BOUND_MS}`] }
  expect(await startDaemonIn(newRoot(), ports, options)).toMatchObject({ started: 'first_start' })
})

describe('a process that holds the daemon lock and is never recorded', () => {
  it.for(['no record', 'a record that names a dead process'])('with %s, is named as it is', async (what) => {
    const root = newRoot()
    if (what !== 'no record') await crash(await startDaemonIn(root, ports))
    const holder = startLockProcess(daemonFamily(ports).files(root).daemonLock)
    expect(await holder.ask('acquire 0')).toEqual({ held: true })
    const took: number[] = []
    for (let count = 0; count < ATTEMPTS && Math.min(...took) >= 2 * BOUND_MS; count++) {
      const { error, ms } = await attempt(root)
      expect(error).toMatchObject({ code: 'E_DAEMON_UNRESPONSIVE', hint: 'stop' })
      expect((error as Error).message).toContain(`(process ${holder.pid}) does not answer`)
      took.push(ms)
    }
    figure(`E_DAEMON_UNRESPONSIVE after ${took.map(Math.round).join(', ')} ms`)
    expect([daemonsOf(root), Math.min(...took) < 2 * BOUND_MS]).toEqual([[], true])
  })
})
