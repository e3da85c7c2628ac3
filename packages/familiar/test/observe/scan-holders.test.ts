import { closeSync, openSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { describe, expect, it } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import type { Listener, Platform } from '../../src/observe/platform/platform.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { FOREIGN_SCOPES_TIMEOUT_MS, scan } from '../../src/observe/scan.js'
import { stillListening } from '../../src/observe/still-listening.js'
import { childrenOf } from '../helpers/machine.js'
import { testFamily } from '../helpers/family.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { portsIn, portsOf } from '../helpers/ports.js'

const ports = portsOf('observe/scan-holders')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const real = await selectPlatform()

leaveNothing(ports)

/** The same machine, on which the holder of each socket has ended and its pid has gone to another process since it was found. */
const moved: Platform = {
  ...real,
  holders: async (listeners, hints, deadline, onlyHints) =>
    onlyHints === true ? new Map() : real.holders(listeners, hints, deadline),
}

it('a scan to act on proves no process that no longer holds the socket by which it was found', async () => {
  const root = makeHome()
  const { pid, port } = await spawnPredecessor({ family: 'sync', port: nextPort(), root })
  const seenBy = async (platform: Platform, isToAct: boolean) => {
    const { candidates } = await scan(family, root, platform, FOREIGN_SCOPES_TIMEOUT_MS, isToAct)
    const found = candidates.find(({ observation }) => observation.port === port)
    return { pid: found?.observation.pid, isProven: found?.proof !== null, reason: found?.verdict.reason }
  }
  expect(await seenBy(real, true)).toMatchObject({ pid, isProven: true })
  expect(await seenBy(moved, false)).toMatchObject({ pid, isProven: true })
  expect(await seenBy(moved, true)).toEqual({ pid: null, isProven: false, reason: 'missing_pid' })
})

describe('a listener whose process is not seen', () => {
  /** The same machine, on which a socket is listed for the first `times` whose process has ended. */
  function ending(port: number, times: number, more: Partial<Listener> = {}): Platform {
    let listed = 0
    const ghost = { port, address: '127.0.0.1', socket: 'ended', user: null, pid: null, ...more }
    return {
      ...real,
      listeners: async (range, deadline) => {
        const found = await real.listeners(range, deadline)
        return ++listed <= times ? [...found, ghost] : found
      },
    }
  }

  it.each([
    ['no pid', {}],
    ['a pid that is gone', { pid: 2 ** 22 + 1 }],
  ])('with %s is looked at again: one that has closed meanwhile is no row', async (_, more) => {
    const root = makeHome()
    const port = nextPort()
    for (const isToAct of [false, true]) {
      for (const times of [1, 2]) {
        const platform = ending(port, times, more)
        const { candidates } = await scan(family, root, platform, FOREIGN_SCOPES_TIMEOUT_MS, isToAct)
        expect([isToAct, times, candidates.map(({ observation }) => observation.port)]).toEqual([
          isToAct,
          times,
          [],
        ])
      }
    }
  })

  it('stays a row while it listens, and costs three listings at most', async () => {
    const port = nextPort()
    let listings = 0
    const platform = ending(port, Number.POSITIVE_INFINITY)
    const counted = {
      ...platform,
      listeners: (...all: Parameters<Platform['listeners']>) => (listings++, platform.listeners(...all)),
    }
    const { candidates } = await scan(family, makeHome(), counted, FOREIGN_SCOPES_TIMEOUT_MS)
    expect(candidates.map(({ observation: { port: at, pid } }) => [at, pid])).toEqual([[port, null]])
    expect(listings).toBe(3)
  })

  it('is not looked at again where all processes are seen, or where it is of another user', async () => {
    const root = makeHome()
    const { port } = await spawnPredecessor({ family: 'sync', port: nextPort(), root })
    const { user } = await real.host()
    const own = (await real.listeners(ports, AbortSignal.timeout(5_000))).filter((one) => one.port === port)
    const pid = own[0]?.pid ?? 1
    let listings = 0
    const count = { listeners: async () => (listings++, []) }
    const seen = { holders: new Map(own.map(({ socket }) => [socket, pid])), user }
    const alive = await real.inspect([pid], AbortSignal.timeout(5_000))
    const foreign = { port, address: '::1', socket: 'foreign', user: '65534', pid: null }
    expect(
      await stillListening({ ...seen, listeners: own, alive }, ports, count, AbortSignal.timeout(1_000)),
    ).toEqual(own)
    const asUser = { ...seen, user: '1000', listeners: [foreign], alive }
    expect(await stillListening(asUser, ports, count, AbortSignal.timeout(1_000))).toEqual([foreign])
    expect(listings).toBe(0)
  })
})

it('a process holds each of its listeners, among whatever else it has opened', async () => {
  const servers = []
  const files: number[] = []
  for (const port of [nextPort(), nextPort(), nextPort()]) {
    files.push(...Array.from({ length: 8 }, () => openSync('/dev/null', 'r')))
    servers.push(await listen(port))
  }
  files.push(openSync('/dev/null', 'r'))
  try {
    const mine = servers.map(({ port }) => port)
    const listeners = (await real.listeners(ports, AbortSignal.timeout(5_000))).filter(({ port }) =>
      mine.includes(port),
    )
    expect(listeners).toHaveLength(3)
    for (const hints of [[process.pid], [1, process.pid]]) {
      const found = await real.holders(listeners, new Set(hints), AbortSignal.timeout(5_000), true)
      expect(listeners.map(({ socket }) => found.get(socket))).toEqual(mine.map(() => process.pid))
    }
    expect(await real.holders(listeners, new Set([1]), AbortSignal.timeout(5_000), true)).toEqual(new Map())
  } finally {
    for (const { server } of servers) server.close()
    for (const file of files) closeSync(file)
  }
})

// The fork is the younger process, and a search begins with the youngest: it would be found first.
it.each([
  ['reports no pid', { version: '3.2.0' }],
  ['reports its pid', {}],
  ['does not answer', { behaviour: 'deaf' }],
] as const)('a daemon that shares its socket with its fork is the holder of it (it %s)', async (_, more) => {
  const root = makeHome()
  const old = await spawnPredecessor({ family: 'sync', port: nextPort(), root, keepChild: 'fork', ...more })
  expect(childrenOf(old.pid)).toHaveLength(1)
  const { candidates } = await scan(family, root, real, FOREIGN_SCOPES_TIMEOUT_MS, true)
  const here = candidates.filter(({ observation }) => observation.port === old.port)
  expect(here.map(({ observation }) => observation.pid)).toEqual([old.pid])
})

it('a child with another command line, or a parent that has closed the socket, is not looked through', async () => {
  const root = makeHome()
  const [holding, left] = [
    await spawnPredecessor({ family: 'sync', port: nextPort(), root, keepChild: true }),
    await spawnPredecessor({ family: 'sync', port: nextPort(), root, keepChild: 'fork' }),
  ]
  const [fork] = childrenOf(left.pid)
  left.child.kill('SIGKILL')
  await left.exited
  const { candidates } = await scan(family, root, real, FOREIGN_SCOPES_TIMEOUT_MS, true)
  const pidAt = (port: number) => candidates.find((each) => each.observation.port === port)?.observation.pid
  expect([holding.pid, childrenOf(holding.pid)[0]]).toContain(pidAt(holding.port))
  expect(pidAt(left.port)).toBe(fork)
})

it.each([
  ['before its holder is searched for', 'holders'],
  ['before its process is read', 'inspect'],
] as const)('the reply of a daemon that ends proves none of its forks: it ends %s', async (_, step) => {
  const root = makeHome()
  const old = await spawnPredecessor({
    family: 'sync',
    port: nextPort(),
    root,
    record: true,
    keepChild: 'fork',
    version: '3.2.2',
  })
  const end = async (): Promise<void> => {
    old.child.kill('SIGKILL')
    await old.exited
  }
  const ending: Platform = {
    ...real,
    holders: async (...given) => {
      if (step === 'holders') await end()
      return real.holders(...given)
    },
    inspect: async (...given) => {
      if (step === 'inspect') await end()
      return real.inspect(...given)
    },
  }
  const { candidates } = await scan(family, root, ending, FOREIGN_SCOPES_TIMEOUT_MS, true)
  const here = candidates.filter(({ observation }) => observation.port === old.port)
  expect(here).toHaveLength(1)
  const proven = here.filter(({ facts, proof }) => facts.self_report === 'yes' && proof !== null)
  expect(proven.map(({ observation }) => observation.pid)).toEqual([])
})

/** Resolves when a server of this process listens on the port. */
function listen(port: number): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve({ port, server }))
  })
}
