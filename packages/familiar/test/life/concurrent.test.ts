import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startChild } from '../helpers/children.js'
import { crash, commandOf, leaveNoDaemons, recordIn, startDaemonIn, starterOf } from '../helpers/daemons.js'
import { times } from '../helpers/counts.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome } from '../helpers/homes.js'
import { listenersOn } from '../helpers/machine.js'
import { textOf } from '../helpers/output.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'

const ports = portsOf('life/concurrent')

leaveNoDaemons(ports)

/** `live/herd-cold` has 32 at once in every run. */
const STARTERS = times(5, 8)

interface Said {
  readonly pid?: number
  readonly port?: number
  readonly started?: string | null
  readonly code?: string
  readonly message?: string
}

/** Runs starters, all at once, each a process of its own, and returns what each says. */
async function startAtOnce(root: string): Promise<readonly Said[]> {
  const starters = Array.from({ length: STARTERS }, () =>
    startChild(process.execPath, starterOf(root, ports), { stdio: ['ignore', 'pipe', 'inherit'] }),
  )
  const said = await Promise.all(starters.map(textOf))
  return said.map((text) => JSON.parse(text) as Said)
}

/** All have the one daemon that there is, once one that came second has left. Returns why any of them started it. */
async function expectOne(root: string, said: readonly Said[]): Promise<readonly string[]> {
  const { pid, port } = recordIn(root)
  expect(said.map(({ pid, port, code }) => ({ pid, port, code }))).toEqual(said.map(() => ({ pid, port })))
  await eventually(() => expect(daemonsOf(root)).toEqual([pid]))
  expect(listenersOn(ports.from, ports.to).map((one) => one.port)).toEqual([port])
  return said.flatMap(({ started }) => started ?? [])
}

describe(`${STARTERS} commands at once`, () => {
  it('without a daemon: one of them starts it, all are served', async () => {
    const root = join(makeHome(), 'root')
    expect(await expectOne(root, await startAtOnce(root))).toEqual(['first_start'])
  })

  it('with a daemon: all have it', async () => {
    const root = join(makeHome(), 'root')
    const daemon = await startDaemonIn(root, ports)
    expect(await expectOne(root, await startAtOnce(root))).toEqual([])
    expect(recordIn(root)).toEqual(daemon.record)
  })

  it('after the daemon was killed: one of them starts the next', async () => {
    const root = join(makeHome(), 'root')
    await crash(await startDaemonIn(root, ports))
    expect(await expectOne(root, await startAtOnce(root))).toEqual(['recorded_dead'])
  })

  it('and a daemon that is started by hand: there is one, all are served', { repeats: 1 }, async () => {
    const root = join(makeHome(), 'root')
    const byHand = startChild(process.execPath, commandOf(root, ports), { stdio: 'ignore' })
    const started = await expectOne(root, await startAtOnce(root))
    expect(started).toEqual(recordIn(root).pid === byHand.pid ? [] : ['first_start'])
  })
})
