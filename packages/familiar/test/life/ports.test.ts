import { describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { connect } from '../../dist/client/connect.js'
import type { ConnectRequest } from '../../src/client/connect-request.js'
import type { FamiliarError } from '../../src/errors.js'
import type { PortRange } from '../../src/identity/machine.js'
import { leaveNoDaemons, requestFor, startDaemonIn, UNHURRIED } from '../helpers/daemons.js'
import { newRoot } from '../helpers/homes.js'
import { listenersOn, openLockFiles, watch } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'

const all = portsOf('life/ports')

leaveNoDaemons(all)

let used = all.from

/** The next ports of this file, as a small range of their own. */
function nextPorts(count: number): PortRange {
  used += count
  if (used > all.to) throw new RangeError('the ports of this file are used up')
  return { from: used - count, to: used }
}

describe('a daemon takes the first port of the range', () => {
  it('that is free, in their order', async () => {
    const ports = nextPorts(4)
    const daemons = [
      await startDaemonIn(newRoot(), ports),
      await startDaemonIn(newRoot(), ports),
      await startDaemonIn(newRoot(), ports),
    ]
    expect(daemons.map(({ port }) => port)).toEqual([ports.from, ports.from + 1, ports.from + 2])
  })

  it('on which no process listens, 127.0.0.1, 0.0.0.0, ::1 and :: included', async () => {
    const hosts = ['127.0.0.1', '0.0.0.0', '::1', '::']
    const ports = nextPorts(hosts.length + 1)
    const others = await Promise.all(
      hosts.map((host, index) => spawnHostile('http', ports.from + index, { host })),
    )
    const areAlive = others.map(({ pid }) => watch(pid))
    const daemon = await startDaemonIn(newRoot(), ports)
    expect([daemon.port, ...areAlive.map((isAlive) => isAlive())]).toEqual([
      ports.from + hosts.length,
      ...hosts.map(() => true),
    ])
  })

  it('on 127.0.0.1 and nowhere else', async () => {
    const ports = nextPorts(1)
    const daemon = await startDaemonIn(newRoot(), ports)
    expect(listenersOn(daemon.port, daemon.port + 1)).toHaveLength(1)
    await expect(fetch(`http://[::1]:${daemon.port}/api/health`)).rejects.toThrow('fetch failed')
    expect((await fetch(`http://127.0.0.1:${daemon.port}/api/health`)).status).toBe(200)
  })
})

describe('a range that is full', () => {
  it('of stale daemons of this root is cleaned, and the daemon starts', async () => {
    const ports = nextPorts(3)
    const root = newRoot()
    const stale = await Promise.all([0, 1, 2].map((index) => startStale(root, ports.from + index)))
    const daemon = await startDaemonIn(root, ports, { timing: UNHURRIED })
    expect(daemon.started).toBe('first_start')
    expect(stale.map((isAlive) => isAlive())).toEqual([false, false, false])
    expect(listenersOn(ports.from, ports.to)).toHaveLength(1)
  })

  it('is cleaned of what is stale and nothing else', async () => {
    const ports = nextPorts(4)
    const root = newRoot()
    const third = await spawnHostile('http', ports.from)
    const theirs = await startStale(newRoot(), ports.from + 1)
    const other = await startDaemonIn(newRoot(), { from: ports.from + 2, to: ports.to })
    const stale = await startStale(root, ports.from + 3)
    const others = [watch(third.pid), theirs, other.isAlive]
    const daemon = await startDaemonIn(root, ports, { timing: UNHURRIED })
    expect([daemon.port, stale(), others.map((isAlive) => isAlive())]).toEqual([
      ports.from + 3,
      false,
      [true, true, true],
    ])
  })

  it('of what is not ours is an error that says who uses the ports', async () => {
    const ports = nextPorts(3)
    const root = newRoot()
    const web = await spawnHostile('http', ports.from)
    const silent = await spawnHostile('silent', ports.from + 1)
    const other = await startDaemonIn(newRoot(), { from: ports.from + 2, to: ports.to })
    const alive = [watch(web.pid), watch(silent.pid), other.isAlive]
    const error = await connect(requestFor(root, ports)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'E_RANGE_FULL', hint: null })
    const message = (error as FamiliarError).details.join()
    for (const said of [
      `1 by another program, process ${web.pid}, node (third_party)`,
      `1 by an unrecognised program, process ${silent.pid}, node (not_ours)`,
      `1 by a daemon of another scope, process ${other.pid}, node (cross_root)`,
    ])
      expect(message).toContain(said)
    expect([daemonsOf(root), openLockFiles(), alive.map((isAlive) => isAlive())]).toEqual([
      [],
      [],
      [true, true, true],
    ])
  })

  it('of a daemon of another root: names the mildest step that works, and what a force would end', async () => {
    const ports = nextPorts(1)
    const other = newRoot()
    const { pid } = await spawnPredecessor({ family: 'sync', port: ports.from, root: other })
    const isAlive = watch(pid)
    const request = requestFor(newRoot(), ports)
    const hintOf = async (change: Partial<ConnectRequest>): Promise<string | null> => {
      const error = await connect({ ...request, ...change }).catch((thrown: unknown) => thrown)
      return (error as FamiliarError).hint
    }
    const young = { ...request.family, startingSeconds: 30 }
    const cleanCommand = (scope: string): string => `clean ${scope}`
    const wait =
      'wait 30 s and run this again: 1 of them may still be starting, and which of these are stale is known then'
    expect(await hintOf({ family: young })).toBe(wait)
    expect(await hintOf({ family: young, cleanCommand })).toBe(wait)
    expect(await hintOf({ cleanCommand })).toBe(`clean ${other}  # ends what is proven stale there`)
    const noun = 'a daemon of another home, whatever it is used for'
    expect(await hintOf({ scopeName: 'home' })).toBe(
      `doctor --port ${ports.from}  # ends process ${pid}, ${noun}`,
    )
    expect(isAlive()).toBe(true)
  })

  it('is not an obstacle where the own daemon is in it', async () => {
    const ports = nextPorts(1)
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports)
    const again = await startDaemonIn(root, ports)
    expect([again.pid, again.started]).toEqual([daemon.pid, null])
  })
})

/** A daemon of this root that no record names: all its proofs are there, and no command needs it. */
async function startStale(root: string, port: number): Promise<() => boolean> {
  const { pid } = await spawnPredecessor({ family: 'sync', port, root })
  return watch(pid)
}
