import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { handshake } from '../../dist/observe/handshake.js'
import { HEALTH_PATH, probe } from '../../dist/observe/probe-health.js'
import type { DaemonRecord } from '../../dist/protocol/record.js'
import { readOwnRecord } from '../../dist/observe/read-records.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import { leaveNoDaemons, QUICK, recordIn, type Daemon, type Options } from '../helpers/daemons.js'
import { portsOf } from '../helpers/ports.js'
import { expectLeft, expectStays, startRetiring } from '../helpers/retiring.js'

const ports = portsOf('life/idle')
const family = daemonFamily(ports)
const start = (options?: Options) => startRetiring(ports, options)

leaveNoDaemons(ports, 'file')

function recordOf(root: string): DaemonRecord {
  const record = readOwnRecord(family, root)
  if (record === null) throw new Error(`no record in ${root}`)
  return record
}

// They only wait, for a time that is longer than a busy machine keeps a request waiting: all at once.
describe.concurrent('R4, idle', () => {
  const idleMs = 8_000
  const timing = { ...QUICK, idleMs }

  it('since its start', async () => {
    const daemon = await start({ timing })
    await expectLeft(daemon, 'idle', 'R4')
    const { state, stop_reason, stopped_at } = recordIn(daemon.root)
    expect([state, stop_reason, stopped_at]).toEqual(['stopped', 'idle', expect.any(String)])
  })

  it('since the end of the last request, not while it is in flight', async () => {
    const daemon = await start({ timing })
    const slow = daemon.post('/api/slow', { ms: 2 * idleMs })
    await expectStays(daemon, 1.5 * idleMs)
    expect((await slow).status).toBe(200)
    await expectStays(daemon, idleMs / 2)
    await expectLeft(daemon, 'idle', 'R4')
  })

  it.for([
    ['health probes', ({ port }: Daemon) => probe('127.0.0.1', port, HEALTH_PATH, 5_000)],
    ['refused requests', ({ port }: Daemon) => probe('127.0.0.1', port, '/api/slow', 5_000)],
    ['proofs', ({ root }: Daemon) => handshake(family, recordOf(root))],
  ] as const)('%s are not activity', async ([, ask]) => {
    const daemon = await start({ timing })
    const end = performance.now() + 10 * idleMs
    let asked = 0
    while (daemon.isAlive() && performance.now() < end) {
      await ask(daemon)
      asked += 1
      await sleep(200)
    }
    expect(asked).toBeGreaterThan(5)
    await expectLeft(daemon, 'idle', 'R4')
  })

  it('requests are activity', async () => {
    const daemon = await start({ timing })
    for (const end = performance.now() + 2 * idleMs; performance.now() < end; await sleep(200)) {
      expect((await daemon.post('/api/slow', { ms: 0 })).status).toBe(200)
    }
    await expectStays(daemon, 0)
    await expectLeft(daemon, 'idle', 'R4')
  })

  it('never, where the limit is 0, and not while anything is pending', async () => {
    const daemons = [await start(), await start({ timing, args: ['--pending=1'] })]
    await Promise.all(daemons.map((daemon) => expectStays(daemon, 3 * idleMs)))
  })
})
