import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { connect } from '../../dist/client/connect.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import { startChild } from '../helpers/children.js'
import {
  beginSlow,
  daemonOf,
  leaveNoDaemons,
  logged,
  logOf,
  recordIn,
  requestFor,
  signal,
  startDaemonIn,
  starterOf,
  UNHURRIED,
  type Daemon,
  NEVER_MS,
} from '../helpers/daemons.js'
import { times } from '../helpers/counts.js'
import { figure } from '../helpers/figures.js'
import { newRoot } from '../helpers/homes.js'
import { startLockProcess } from '../helpers/lock-process.js'
import { textOf } from '../helpers/output.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'
import { installed, startsIn } from '../helpers/replacing.js'

const ports = portsOf('life/replace-drain')

const NEW = installed('2.0.0')

/** `live/version-herd` has 32 at once in every run. */
const HERD = times(10, 32)

/** The life-cycle lock is waited for at most 30 s, however long a daemon announces. */
const LONGEST_DRAIN_MS = 10_000

leaveNoDaemons(ports)

function startOld(drainMs: number): Promise<Daemon> {
  return startDaemonIn(newRoot(), ports, { ...installed('1.0.0'), timing: { ...UNHURRIED, drainMs } })
}

/** Replaces the daemon. Returns the next one, how long that took, and what was said meanwhile. */
async function replace({ root }: Daemon) {
  const said: string[] = []
  const began = performance.now()
  const request = { ...requestFor(root, ports, NEW), onWait: (message: string) => void said.push(message) }
  const connection = await connect(request)
  const ms = performance.now() - began
  expect(connection).toMatchObject({ started: 'version_mismatch' })
  return { next: daemonOf(root, connection), ms, said }
}

/** Returns which daemon said that it started or stopped, in the order of the log. */
function turnsIn(root: string): readonly unknown[] {
  return [...logged(logOf(root), 'started'), ...logged(logOf(root), 'stopped')]
    .toSorted((one, other) => String(one['at']).localeCompare(String(other['at'])))
    .map(({ event }) => event)
}

describe('an older daemon that is at work', () => {
  it('is replaced when its work has ended', async () => {
    const old = await startOld(5_000)
    const { reply } = await beginSlow(old, 3_000)
    const { next, ms, said } = await replace(old)
    const answer = await reply
    expect([answer.status, await answer.json()]).toEqual([200, { slept_ms: 3_000 }])
    expect([old.isAlive(), daemonsOf(old.root)]).toEqual([false, [next.pid]])
    expect(logged(logOf(old.root), 'stopped')).toMatchObject([{ reason: 'version_mismatch', abandoned: 0 }])
    expect(turnsIn(old.root)).toEqual(['started', 'stopped', 'started'])
    // A busy machine may also say that the next one takes long to start.
    expect(said[0]).toContain(`process ${old.pid}`)
    figure(`a request of 3000 ms in flight: replaced after ${Math.round(ms)} ms`)
  })

  it('that never ends is replaced after the bound that it announces', async () => {
    const old = await startOld(1_200)
    const { reply } = await beginSlow(old, NEVER_MS)
    const { ms } = await replace(old)
    await expect(reply).rejects.toBeInstanceOf(Error)
    expect(logged(logOf(old.root), 'stopped')).toMatchObject([{ reason: 'version_mismatch', abandoned: 1 }])
    expect(ms).toBeGreaterThan(1_150)
    figure(`a request that never ends, 1200 ms announced: replaced after ${Math.round(ms)} ms`)
  })

  it('that announces more than others can wait for is ended', { timeout: 240_000 }, async () => {
    const old = await startOld(120_000)
    const { reply } = await beginSlow(old, NEVER_MS)
    const { next, ms } = await replace(old)
    await expect(reply).rejects.toBeInstanceOf(Error)
    expect([old.isAlive(), daemonsOf(old.root)]).toEqual([false, [next.pid]])
    expect(recordIn(old.root)).toMatchObject({ state: 'running', stop_reason: 'version_mismatch' })
    expect(ms).toBeGreaterThan(LONGEST_DRAIN_MS)
    figure(`a request that never ends, 120000 ms announced: replaced after ${Math.round(ms)} ms`)
  })

  it(
    `does not make ${HERD} commands fail that come meanwhile: all get the next one`,
    { timeout: 240_000 },
    async () => {
      const old = await startOld(5_000)
      const { root } = old
      const { reply } = await beginSlow(old, 2_500)
      const env = { PATH: process.env['PATH'], SELF: JSON.stringify(NEW.self) }
      const began = performance.now()
      const commands = Array.from({ length: HERD }, async () => {
        const child = startChild(process.execPath, starterOf(root, ports, NEW), {
          stdio: ['ignore', 'pipe', 'inherit'],
          env,
        })
        const said = JSON.parse(await textOf(child)) as { readonly started?: string | null }
        return { said, ms: performance.now() - began }
      })
      const served = await Promise.all(commands)
      const { pid } = recordIn(root)
      expect(served.map(({ said }) => said)).toEqual(served.map(() => expect.objectContaining({ pid })))
      expect(served.flatMap(({ said }) => said.started ?? [])).toEqual(['version_mismatch'])
      expect(startsIn(root).map(({ reason }) => reason)).toEqual(['first_start', 'version_mismatch'])
      expect([(await reply).status, daemonsOf(root)]).toEqual([200, [pid]])
      const waits = served.map(({ ms }) => Math.round(ms)).toSorted((one, other) => one - other)
      figure(`${HERD} commands at once, 2500 ms of work: served after ${waits[0]} to ${waits.at(-1)} ms`)
    },
  )
})

describe('an older daemon that was silent at first', () => {
  it('is replaced when it answers again by the time that the lock is free', async () => {
    const old = await startOld(1_000)
    const holder = startLockProcess(daemonFamily(ports).files(old.root).lifecycleLock)
    expect(await holder.ask('acquire 0')).toEqual({ held: true })
    signal(old, 'SIGSTOP')
    const replacing = replace(old).finally(() => holder.kill())
    // It has been asked, has not answered, and is waited for.
    await sleep(1_500)
    signal(old, 'SIGCONT')
    await sleep(1_500)
    await holder.kill()
    const { next } = await replacing
    expect([old.isAlive(), daemonsOf(old.root)]).toEqual([false, [next.pid]])
  })
})
