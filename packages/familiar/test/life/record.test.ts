import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { spawnHostile, stopAll } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import {
  leaveNoDaemons,
  logged,
  logOf,
  QUICK,
  recordIn,
  recordPath,
  startDaemonIn,
  starterOf,
  UNHURRIED,
  type Daemon,
} from '../helpers/daemons.js'
import { startChild } from '../helpers/children.js'
import { makeHome } from '../helpers/homes.js'
import { textOf } from '../helpers/output.js'
import { portsOf } from '../helpers/ports.js'
import { birthOf, daemonsOf } from '../helpers/processes.js'
import { watch } from '../helpers/machine.js'
import { needCommand } from '../helpers/skip.js'

const ports = portsOf('life/record')

leaveNoDaemons(ports)

/** The daemon watches the file: a second, and some more on a busy machine. */
const WRITTEN_AGAIN_MS = 2_000

/** What stood in the place of the record and was moved aside. */
function asides(root: string): readonly string[] {
  const path = recordPath(root)
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(`${basename(path)}.corrupt-`))
    .map((name) => join(dirname(path), name))
}

function writtenAgain(daemon: Daemon): Promise<void> {
  const isThere = () => {
    expect(recordIn(daemon.root)).toEqual(daemon.record)
    expect(statSync(recordPath(daemon.root)).mode & 0o777).toBe(0o600)
  }
  return vi.waitFor(isThere, { timeout: WRITTEN_AGAIN_MS, interval: 20 })
}

async function expectSameDaemon(daemon: Daemon): Promise<void> {
  const again = await startDaemonIn(daemon.root, ports)
  expect([again.pid, again.started, daemonsOf(daemon.root)]).toEqual([daemon.pid, null, [daemon.pid]])
}

/** A process that has ended, by its pid and the time at which it was started. */
async function deadProcess(): Promise<{ readonly pid: number; readonly birth: string | null }> {
  const { pid } = await spawnHostile('sleep', 0)
  const dead = { pid, birth: birthOf(pid) }
  await stopAll()
  return dead
}

type Damage = (path: string, daemon: Daemon) => void | Promise<void>

/** What may stand in the place of the record, and what of it must be found aside. */
const DAMAGES: readonly (readonly [what: string, Damage, isKept: (aside: string) => boolean])[] = [
  ['emptied', (path) => writeFileSync(path, ''), (aside) => statSync(aside).size === 0],
  ['garbage', (path) => writeFileSync(path, 'garbage'), (aside) => read(aside) === 'garbage'],
  [
    'half a record',
    (path) => writeFileSync(path, read(path).slice(0, 99)),
    (aside) => read(aside).length === 99,
  ],
  ['large', (path) => writeFileSync(path, 'x'.repeat(1e6)), (aside) => statSync(aside).size === 1e6],
  [
    'replaced by a directory',
    (path) => {
      rmSync(path)
      mkdirSync(path)
      writeFileSync(join(path, 'mine'), 'mine')
    },
    (aside) => read(join(aside, 'mine')) === 'mine',
  ],
  [
    'a record of another scope',
    change({ scope: '/elsewhere' }),
    (aside) => read(aside).includes('/elsewhere'),
  ],
  [
    'a record that names a dead process',
    async (path, daemon) => change(await deadProcess())(path, daemon),
    (aside) => read(aside).includes('"running"'),
  ],
  ['marked stopped', change({ state: 'stopped' }), (aside) => read(aside).includes('stopped')],
  ['its own with another token', change({ token: 'f'.repeat(64) }), (aside) => read(aside).includes('ffff')],
]

function change(fields: object): Damage {
  return (path, daemon) => writeFileSync(path, JSON.stringify({ ...daemon.record, ...fields }))
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

describe('a record that is damaged while its daemon holds the lock is written again, without a tick', () => {
  it('deleted', async () => {
    const daemon = await startDaemonIn(join(makeHome(), 'root'), ports, { timing: UNHURRIED })
    rmSync(recordPath(daemon.root))
    await writtenAgain(daemon)
    expect(asides(daemon.root)).toEqual([])
    await expectSameDaemon(daemon)
  })

  it.for(DAMAGES)('%s', async ([, damage, isKept]) => {
    const daemon = await startDaemonIn(join(makeHome(), 'root'), ports, { timing: UNHURRIED })
    await damage(recordPath(daemon.root), daemon)
    await writtenAgain(daemon)
    expect(asides(daemon.root).map(isKept)).toEqual([true])
    expect(logged(logOf(daemon.root), 'record_written_again')).toMatchObject([
      { aside: asides(daemon.root)[0] },
    ])
    await expectSameDaemon(daemon)
  })

  it('closed to everybody, its own user included', async (context) => {
    const obedient = [
      '--bounding-set=-dac_override,-dac_read_search',
      '--inh-caps=-dac_override,-dac_read_search',
    ]
    needCommand(context, 'setpriv', obedient)
    const root = join(makeHome(), 'root')
    const child = startChild('setpriv', [...obedient, process.execPath, ...starterOf(root, ports)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const { pid } = JSON.parse(await textOf(child)) as { pid: number }
    const [record, isAlive] = [recordIn(root), watch(pid)]
    chmodSync(recordPath(root), 0)
    await vi.waitFor(() => expect(asides(root)).toHaveLength(1), { timeout: WRITTEN_AGAIN_MS })
    await vi.waitFor(() => expect(recordIn(root)).toEqual(record), { timeout: WRITTEN_AGAIN_MS })
    expect(asides(root).map((aside) => [statSync(aside).mode & 0o777, read(aside)])).toEqual([
      [0, `${JSON.stringify(record, null, 2)}\n`],
    ])
    const again = await startDaemonIn(root, ports)
    expect([again.pid, isAlive()]).toEqual([pid, true])
  })

  it('again and again', async () => {
    const daemon = await startDaemonIn(join(makeHome(), 'root'), ports, { timing: UNHURRIED })
    for (const round of [1, 2, 3]) {
      writeFileSync(recordPath(daemon.root), `garbage ${round}`)
      await writtenAgain(daemon)
    }
    expect(asides(daemon.root).map(read).toSorted()).toEqual(['garbage 1', 'garbage 2', 'garbage 3'])
  })
})

describe('a record that is damaged', () => {
  it('is moved aside once, also when a tick and the watch see it at the same time', async () => {
    const timing = { ...QUICK, tickMs: 5 }
    const daemon = await startDaemonIn(join(makeHome(), 'root'), ports, { timing, args: ['--machine-ms=50'] })
    const dead = await deadProcess()
    for (const round of [1, 2, 3, 4, 5]) {
      await change({ ...dead, instance_id: String(round) })(recordPath(daemon.root), daemon)
      await writtenAgain(daemon)
      await sleep(200)
    }
    const moved = asides(daemon.root).map((aside) => JSON.parse(read(aside)) as typeof daemon.record)
    expect(moved.map(({ pid }) => pid)).toEqual(moved.map(() => dead.pid))
    expect(recordIn(daemon.root)).toEqual(daemon.record)
  })

  it('is left as it is when it names another live daemon of the scope', async () => {
    const daemon = await startDaemonIn(join(makeHome(), 'root'), ports, { timing: UNHURRIED })
    const other = await spawnPredecessor({ family: 'sync', port: daemon.port + 20, root: daemon.root })
    await change({ pid: other.pid, birth: birthOf(other.pid) })(recordPath(daemon.root), daemon)
    const before = read(recordPath(daemon.root))
    await sleep(1_500)
    expect([read(recordPath(daemon.root)), asides(daemon.root), daemon.isAlive()]).toEqual([before, [], true])
  })

  it.for(['nobody of ours', 'a daemon of another root'])('is written again when it names %s', async (who) => {
    const daemon = await startDaemonIn(join(makeHome(), 'root'), ports, { timing: UNHURRIED })
    const stranger =
      who === 'nobody of ours'
        ? await spawnHostile('sleep', 0)
        : await spawnPredecessor({ family: 'sync', port: daemon.port + 20, root: makeHome() })
    const isAlive = watch(stranger.pid)
    await change({ pid: stranger.pid, birth: birthOf(stranger.pid) })(recordPath(daemon.root), daemon)
    await writtenAgain(daemon)
    expect([asides(daemon.root).length, daemon.isAlive(), isAlive()]).toEqual([1, true, true])
  })
})
