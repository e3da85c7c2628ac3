import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { look } from '../../src/observe/look.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { eventually } from '../helpers/eventually.js'
import { testFamily } from '../helpers/family.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { listenersOn } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { verdictAt } from '../helpers/seen.js'

const ports = portsOf('observe/look-lock')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const platform = await selectPlatform()

leaveNothing(ports)

/** Writes into the root's lock file who holds it. */
function nameHolder(root: string, holder: object): void {
  const path = family.files(root).daemonLock
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, JSON.stringify(holder))
}

async function birthOf(pid: number): Promise<string> {
  return (await platform.inspect([pid], AbortSignal.timeout(1000))).get(pid)?.birth ?? ''
}

describe('the daemon lock', () => {
  /** Starts a daemon that has closed its port and goes on: it holds the lock, and does not listen. */
  async function startHung(name: (daemon: { readonly pid: number; readonly birth: string }) => object) {
    const root = makeHome()
    const { pid, port, child } = await spawnPredecessor({
      family: 'sync',
      port: nextPort(),
      root,
      behaviour: 'close-then-hang',
    })
    const birth = await birthOf(pid)
    child.kill('SIGTERM')
    await eventually(() => expect(listenersOn(port, port + 1)).toEqual([]))
    nameHolder(root, name({ pid, birth }))
    return { pid, candidates: (await look(family, root, platform)).candidates }
  }

  it('makes its holder a candidate that does not listen, with a proof', async () => {
    const { pid, candidates } = await startHung((daemon) => daemon)
    expect(candidates.map(({ sighting, verdict }) => [sighting.pid, sighting.port, verdict])).toEqual([
      [pid, null, { rule: 'S11', class: 'operator_required', reason: 'unresponsive' }],
    ])
    expect(candidates[0]?.proof).toMatchObject({ pid, port: null })
  })

  it.for([
    ['another birth', ({ pid }: { readonly pid: number }) => ({ pid, birth: 'another' })],
    ['no birth', ({ pid }: { readonly pid: number }) => ({ pid, birth: null })],
    ['nobody', () => ({})],
  ] as const)('makes none of a process when it names %s', async ([, name]) => {
    expect((await startHung(name)).candidates).toEqual([])
  })

  it('makes no candidate of a process that is no daemon', async () => {
    const root = makeHome()
    const stranger = await spawnHostile('sleep', 0)
    nameHolder(root, { pid: stranger.pid, birth: await birthOf(stranger.pid) })
    const [candidate] = (await look(family, root, platform)).candidates
    expect(candidate?.proof ?? null).toBeNull()
    expect(candidate?.verdict.class ?? 'never_touch').toBe('never_touch')
  })

  it('makes the daemon that it names the singleton', async () => {
    const root = makeHome()
    const { pid, port } = await spawnPredecessor({ family: 'sync', port: nextPort(), root })
    nameHolder(root, { pid, birth: await birthOf(pid) })
    expect(verdictAt(await look(family, root, platform), port)).toEqual([
      'never_touch',
      'is_recorded_singleton',
      'S5',
    ])
  })
})
