import { expect, it } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import type { Platform } from '../../src/observe/platform/platform.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { FOREIGN_SCOPES_TIMEOUT_MS, scan } from '../../src/observe/scan.js'
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
