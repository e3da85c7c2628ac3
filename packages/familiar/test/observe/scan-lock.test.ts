import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { scan } from '../../src/observe/scan.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { eventually } from '../helpers/eventually.js'
import { testFamily } from '../helpers/family.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { startLockProcess } from '../helpers/lock-process.js'
import { lockingNode } from '../helpers/locking-node.js'
import { listenersOn } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { SAFE, verdictAt } from '../helpers/seen.js'

const ports = portsOf('observe/scan-lock')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const platform = await selectPlatform()

leaveNothing(ports)

const SINGLETON = ['never_touch', 'is_recorded_singleton', 'S5']

/** Writes into the root's lock file who holds it. */
function nameHolder(root: string, holder: object): void {
  const path = family.files(root).daemonLock
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify(holder))
}

async function startTimeOf(pid: number): Promise<string> {
  return (await platform.inspect([pid], AbortSignal.timeout(20_000))).get(pid)?.startTime ?? ''
}

interface Named {
  readonly pid: number
  readonly birth: string
}

describe('the daemon lock', () => {
  /** Starts a daemon that has closed its port and goes on; where it has the lock, it still holds that. */
  async function startHung({
    isHolder,
    text,
  }: {
    readonly isHolder: boolean
    readonly text: (daemon: Named) => object
  }) {
    const root = makeHome()
    const { pid, port, child } = await spawnPredecessor({
      family: 'sync',
      port: nextPort(),
      root,
      behaviour: 'close-then-hang',
      ...(isHolder ? { node: lockingNode(family.files(root).daemonLock) } : {}),
    })
    const birth = await startTimeOf(pid)
    child.kill('SIGTERM')
    await eventually(() => expect(listenersOn(port, port + 1)).toEqual([]))
    nameHolder(root, text({ pid, birth }))
    return { pid, candidates: (await scan(family, root, platform)).candidates }
  }

  it.for([
    ['names it', (daemon: Named) => daemon],
    ['names no process', () => ({ pid: 4711, birth: null })],
    ['names another process', () => ({ pid: process.pid, birth: 'boot/1' })],
  ] as const)(
    'makes its holder a candidate that does not listen, with a proof, where the text %s',
    async ([, text]) => {
      const { pid, candidates } = await startHung({ isHolder: true, text })
      expect(
        candidates.map(({ observation, verdict }) => [observation.pid, observation.port, verdict]),
      ).toEqual([[pid, null, { rule: 'S11', class: 'operator_required', reason: 'unresponsive' }]])
      expect(candidates[0]?.proof).toMatchObject({ pid, port: null })
    },
  )

  it.for([
    ['its very name', (daemon: Named) => daemon],
    ['another start time', ({ pid }: Named) => ({ pid, birth: 'another' })],
    ['no start time', ({ pid }: Named) => ({ pid, birth: null })],
    ['no process', () => ({})],
  ] as const)('makes none of a process that only the text names, with %s', async ([, text]) => {
    expect((await startHung({ isHolder: false, text })).candidates).toEqual([])
  })

  it('makes a candidate without a proof of a holder that is not a daemon', async () => {
    const root = makeHome()
    const stranger = startLockProcess(family.files(root).daemonLock)
    await stranger.ask('acquire 0')
    const { candidates } = await scan(family, root, platform)
    expect(
      candidates.map(({ observation, verdict, proof }) => [observation.pid, verdict.rule, proof]),
    ).toEqual([[stranger.pid, 'S3b', null]])
  })

  it('ignores a process that is not a daemon, and that only the text names', async () => {
    const root = makeHome()
    const stranger = await spawnHostile('sleep', 0)
    nameHolder(root, { pid: stranger.pid, birth: await startTimeOf(stranger.pid) })
    expect((await scan(family, root, platform)).candidates).toEqual([])
  })

  it('makes its holder the singleton, even if the text names another', async () => {
    const root = makeHome()
    const options = { family: 'sync', root } as const
    const node = lockingNode(family.files(root).daemonLock)
    const holder = await spawnPredecessor({ ...options, port: nextPort(), node })
    const named = await spawnPredecessor({ ...options, port: nextPort() })
    nameHolder(root, { pid: named.pid, birth: await startTimeOf(named.pid) })
    const seen = await scan(family, root, platform)
    expect([holder, named].map(({ port }) => verdictAt(seen, port))).toEqual([SINGLETON, SAFE])
  })

  it('is free where only the text names a daemon: it protects no process', async () => {
    const root = makeHome()
    const { pid, port } = await spawnPredecessor({ family: 'sync', port: nextPort(), root })
    nameHolder(root, { pid, birth: await startTimeOf(pid) })
    expect(verdictAt(await scan(family, root, platform), port)).toEqual(SAFE)
  })

  it('leaves open who holds it where its holder saw that the kernel does not show it', async () => {
    const root = makeHome()
    const { pid, port } = await spawnPredecessor({ family: 'sync', port: nextPort(), root })
    nameHolder(root, { pid, birth: await startTimeOf(pid), is_shown: false })
    expect(verdictAt(await scan(family, root, platform), port)).toEqual([
      'operator_required',
      'ambiguous',
      'S17',
    ])
  })
})
