import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { spawnHostile, stopAll } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import {
  afterFirstCleanUp,
  leaveNoDaemons,
  logged,
  logOf,
  QUICK,
  recordIn,
  recordPath,
  shared,
  startDaemonIn,
  starterOf,
  UNHURRIED,
  type Daemon,
  namesIn,
} from '../helpers/daemons.js'
import { startChild } from '../helpers/children.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome } from '../helpers/homes.js'
import { textOf } from '../helpers/output.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf, startTimeOf, threadOf } from '../helpers/processes.js'
import { watch } from '../helpers/machine.js'
import { needCommand } from '../helpers/skip.js'

const all = portsOf('life/record')
/** The one that lives as long as the file has a range of its own: a scan that meets it takes a process more. */
const [ports, portsOfShared] = [
  { from: all.from, to: all.to - 1 },
  { from: all.to - 1, to: all.to },
]

leaveNoDaemons(all)

/** The daemon watches the file: a second, more on a busy machine, and before the first tick of an `UNHURRIED` one. */
const WRITTEN_AGAIN_MS = 30_000

/** What was in the place of the record and was moved aside. */
function asides(root: string): readonly string[] {
  const path = recordPath(root)
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(`${basename(path)}.corrupt-`))
    .map((name) => join(dirname(path), name))
}

/** The files that hold the token of a daemon. */
function withToken({ root, record }: Daemon): readonly string[] {
  const directory = dirname(recordPath(root))
  return namesIn(root)
    .map((name) => join(directory, name))
    .filter((path) => read(path).includes(record.token ?? '\0'))
}

function readIfThere(path: string): string | null {
  try {
    return read(path)
  } catch {
    return null
  }
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

function writtenAgain(daemon: Daemon): Promise<void> {
  const isThere = () => {
    expect(lstatSync(recordPath(daemon.root)).isFile()).toBe(true)
    expect(recordIn(daemon.root)).toEqual(daemon.record)
    expect(statSync(recordPath(daemon.root)).mode & 0o777).toBe(0o600)
  }
  return vi.waitFor(isThere, { timeout: WRITTEN_AGAIN_MS, interval: 20 })
}

async function expectSameDaemon(daemon: Daemon): Promise<void> {
  const range = daemon.port < portsOfShared.from ? ports : portsOfShared
  const again = await startDaemonIn(daemon.root, range)
  expect([again.pid, again.started, daemonsOf(daemon.root)]).toEqual([daemon.pid, null, [daemon.pid]])
}

/** A process that has ended, by its pid and the time at which it was started. */
async function deadProcess(): Promise<{ readonly pid: number; readonly birth: string | null }> {
  const { pid } = await spawnHostile('sleep', 0)
  const dead = { pid, birth: startTimeOf(pid) }
  await stopAll()
  return dead
}

type Damage = (path: string, daemon: Daemon) => void | Promise<void>

/** What may be in the place of the record without being one, and how it must be found aside. */
const DAMAGES: readonly (readonly [what: string, Damage, isKept: (aside: string) => boolean])[] = [
  ['emptied', (path) => writeFileSync(path, ''), (aside) => statSync(aside).size === 0],
  ['garbage', (path) => writeFileSync(path, 'garbage'), (aside) => read(aside) === 'garbage'],
  [
    'half a record',
    (path) => writeFileSync(path, read(path).slice(0, 99)),
    (aside) => read(aside).length === 99,
  ],
  [
    'a record and more, open to others',
    (path) => {
      appendFileSync(path, 'more')
      chmodSync(path, 0o644)
    },
    (aside) => read(aside).endsWith('more') && /"token": "<redacted>"/.test(read(aside)),
  ],
  ['large', (path) => writeFileSync(path, 'x'.repeat(1e6)), (aside) => statSync(aside).size === 1e6],
  [
    'larger than anything that is copied',
    (path) => {
      truncateSync(path, 9e6)
      chmodSync(path, 0o644)
    },
    (aside) => statSync(aside).size === 9e6,
  ],
]

/** What is not a file is moved as it is. */
const NO_FILES: readonly (readonly [what: string, Damage, isKept: (aside: string) => boolean])[] = [
  [
    'a directory',
    (path) => {
      rmSync(path)
      mkdirSync(path)
      writeFileSync(join(path, 'mine'), 'mine')
    },
    (aside) => read(join(aside, 'mine')) === 'mine',
  ],
  [
    'a link to a good record',
    (path) => {
      renameSync(path, `${path}.mine`)
      symlinkSync(`${path}.mine`, path)
    },
    (aside) => lstatSync(aside).isSymbolicLink() && read(aside).includes('"running"'),
  ],
  [
    'a FIFO',
    (path) => {
      execFileSync('mkfifo', [`${path}.fifo`])
      renameSync(`${path}.fifo`, path)
    },
    (aside) => lstatSync(aside).isFIFO(),
  ],
]

/** Well-formed records in its place. Nothing of them is kept. */
const RECORDS: readonly (readonly [what: string, Damage])[] = [
  ['of another scope', change({ scope: '/elsewhere' })],
  ['of another host', change({ host_id: 'another', boot_id: 'another', pid: 4, birth: 'another/1' })],
  ['of another boot', change({ boot_id: 'another', birth: 'another/1' })],
  ['of another pid namespace', change({ pid: 4, birth: 'x/1', pid_namespace: 'pid:[1] mnt:[1]' })],
  ['that names a dead process', async (path, daemon) => change(await deadProcess())(path, daemon)],
  [
    'that names a thread of this very daemon, which /proc shows with its command line',
    (path, daemon) => {
      const thread = threadOf(daemon.pid)
      return change({ pid: thread, birth: startTimeOf(thread) })(path, daemon)
    },
  ],
  ['marked stopped', change({ state: 'stopped' })],
  ['its own with another token', change({ token: 'f'.repeat(64) })],
  ['its own in other words', (path, { record }) => writeFileSync(path, JSON.stringify(record, null, 1))],
  [
    'its own in another order',
    (path, { record }) =>
      writeFileSync(path, JSON.stringify(Object.fromEntries(Object.entries(record).toReversed()))),
  ],
  ['its own, readable by others', (path) => chmodSync(path, 0o644)],
  ['its own, read-only', (path) => chmodSync(path, 0o400)],
  [
    'its own, rewritten and readable by others',
    (path) => {
      const text = read(path)
      rmSync(path)
      writeFileSync(path, text, { mode: 0o644 })
    },
  ],
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

  /** One for every kind of damage. It may write again at once what it has just written. */
  const damaged = shared(() =>
    startDaemonIn(join(makeHome(), 'root'), portsOfShared, {
      timing: { ...UNHURRIED, overwriteEveryMs: 0 },
    }),
  )

  it.for([...DAMAGES, ...NO_FILES])('%s, which is kept', async ([, damage, isKept]) => {
    const daemon = await damaged()
    const said = logged(logOf(daemon.root), 'record_written_again').length
    await damage(recordPath(daemon.root), daemon)
    await writtenAgain(daemon)
    const kept = asides(daemon.root)
    expect(kept.map(isKept)).toEqual([true])
    expect(kept.filter((aside) => lstatSync(aside).isFile()).map(modeOf)).toEqual(
      kept.filter((aside) => lstatSync(aside).isFile()).map(() => 0o600),
    )
    await eventually(() =>
      expect(logged(logOf(daemon.root), 'record_written_again').slice(said)).toMatchObject([
        { aside: kept[0] },
      ]),
    )
    await expectSameDaemon(daemon)
    for (const aside of kept) rmSync(aside, { recursive: true })
  })

  it.for(RECORDS)('a record %s, of which no copy is kept', async ([, damage]) => {
    const daemon = await damaged()
    const said = logged(logOf(daemon.root), 'record_written_again').length
    const before = namesIn(daemon.root)
    await damage(recordPath(daemon.root), daemon)
    await eventually(() =>
      expect(logged(logOf(daemon.root), 'record_written_again').slice(said)).toMatchObject([{ aside: null }]),
    )
    await writtenAgain(daemon)
    expect(namesIn(daemon.root)).toEqual(before)
    await expectSameDaemon(daemon)
  })

  it('closed to every user, its own included', async (context) => {
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
    await vi.waitFor(() => expect(modeOf(recordPath(root))).toBe(0o600), { timeout: WRITTEN_AGAIN_MS })
    expect([recordIn(root), asides(root)]).toEqual([record, []])
    const again = await startDaemonIn(root, ports)
    expect([again.pid, isAlive()]).toEqual([pid, true])
  })

  it('again and again', async () => {
    const daemon = await startDaemonIn(join(makeHome(), 'root'), ports, { timing: UNHURRIED })
    for (const round of [1, 2, 3, 4, 5]) {
      writeFileSync(recordPath(daemon.root), `garbage ${round} ${daemon.record.token}`)
      await writtenAgain(daemon)
    }
    const kept = asides(daemon.root).map(read).toSorted()
    expect(kept).toEqual([3, 4, 5].map((round) => `garbage ${round} <redacted>`))
  })

  it.for([
    ['touched', (path: string) => utimesSync(path, new Date(), new Date())],
    ['rewritten at 0644', (path: string) => chmodSync(path, 0o644)],
    ['spoilt', (path: string) => appendFileSync(path, read(path).slice(0, 2_000))],
  ] as const)('%s sixty times: its token is in no other file', async ([, change]) => {
    const timing = { ...QUICK, tickMs: 20 }
    const daemon = await startDaemonIn(join(makeHome(), 'root'), ports, { timing })
    for (let round = 0; round < 60; round += 1) {
      change(recordPath(daemon.root))
      await sleep(20)
    }
    await eventually(() => expect(recordIn(daemon.root)).toEqual(daemon.record))
    await eventually(() => expect(modeOf(recordPath(daemon.root))).toBe(0o600))
    expect(withToken(daemon)).toEqual([recordPath(daemon.root)])
    expect(asides(daemon.root).length).toBeLessThanOrEqual(3)
    await expectSameDaemon(daemon)
  })
})

describe('a record that is damaged', () => {
  it('is kept once, also when ticks and the watch see it at the same time', async () => {
    const timing = { ...QUICK, tickMs: 5 }
    const daemon = await startDaemonIn(join(makeHome(), 'root'), ports, { timing })
    for (const round of [1, 2, 3]) {
      writeFileSync(recordPath(daemon.root), `garbage ${round}`)
      await writtenAgain(daemon)
      await sleep(200)
    }
    expect(asides(daemon.root).map(read).toSorted()).toEqual(['garbage 1', 'garbage 2', 'garbage 3'])
    await eventually(() => expect(logged(logOf(daemon.root), 'record_written_again')).toHaveLength(3))
  })

  it('is overwritten once where it names a dead process, by whichever daemon sees it', async () => {
    const timing = { ...QUICK, tickMs: 5, overwriteEveryMs: 0 }
    const daemon = await startDaemonIn(join(makeHome(), 'root'), ports, { timing, args: ['--machine-ms=50'] })
    const dead = await deadProcess()
    for (const round of [1, 2, 3]) {
      await change({ ...dead, instance_id: String(round) })(recordPath(daemon.root), daemon)
      await writtenAgain(daemon)
      await sleep(200)
    }
    expect(asides(daemon.root)).toEqual([])
    await eventually(() => expect(logged(logOf(daemon.root), 'record_written_again')).toHaveLength(3))
  })

  it('is left as it is when it names another live daemon of the scope', async () => {
    const root = join(makeHome(), 'root')
    const daemon = await afterFirstCleanUp({ root, port: ports.to - 1 }, () =>
      startDaemonIn(root, ports, { timing: UNHURRIED }),
    )
    const other = await spawnPredecessor({ family: 'sync', port: daemon.port + 20, root })
    await change({ pid: other.pid, birth: startTimeOf(other.pid) })(recordPath(daemon.root), daemon)
    const before = read(recordPath(daemon.root))
    await sleep(1_500)
    expect([read(recordPath(daemon.root)), asides(daemon.root), daemon.isAlive()]).toEqual([before, [], true])
  })

  it.for(['no daemon of ours', 'a daemon of another root'])(
    'is written again when it names %s',
    async (who) => {
      const daemon = await startDaemonIn(join(makeHome(), 'root'), ports, { timing: UNHURRIED })
      const stranger =
        who === 'no daemon of ours'
          ? await spawnHostile('sleep', 0)
          : await spawnPredecessor({ family: 'sync', port: daemon.port + 20, root: makeHome() })
      const isAlive = watch(stranger.pid)
      await change({ pid: stranger.pid, birth: startTimeOf(stranger.pid) })(recordPath(daemon.root), daemon)
      await writtenAgain(daemon)
      expect([asides(daemon.root).length, daemon.isAlive(), isAlive()]).toEqual([0, true, true])
    },
  )
})

describe('two machines that share a home by a file synchroniser', () => {
  /** Copies the record of either root over the other's as soon as it has changed, and counts the copies. */
  function synchronise(one: string, other: string) {
    let last = read(recordPath(one))
    const pass = (): void => {
      for (const [from, to] of [
        [one, other],
        [other, one],
      ] as const) {
        const text = readIfThere(recordPath(from))
        if (text === null || text === last) continue
        last = text
        writeFileSync(recordPath(to), text)
      }
    }
    const timer = setInterval(pass, 10)
    return () => clearInterval(timer)
  }

  it('each write their own record at most once in a while, and add no file', async () => {
    const [everyMs, forMs] = [1_000, 5_000]
    const timing = { ...QUICK, overwriteEveryMs: everyMs }
    const [one, other] = [
      await startDaemonIn(join(makeHome(), 'root'), ports, { timing }),
      await startDaemonIn(join(makeHome(), 'root'), ports, { timing }),
    ]
    const before = [namesIn(one.root), namesIn(other.root)]
    const end = synchronise(one.root, other.root)
    const began = performance.now()
    await sleep(forMs)
    end()
    const most = Math.floor((performance.now() - began) / everyMs) + 1
    for (const { root } of [one, other]) {
      const written = logged(logOf(root), 'record_written_again')
      expect(written.length).toBeGreaterThan(1)
      expect(written.length).toBeLessThanOrEqual(most)
      expect(written.filter(({ aside }) => aside !== null)).toEqual([])
    }
    expect([namesIn(one.root), namesIn(other.root)]).toEqual(before)
    expect([one.isAlive(), other.isAlive()]).toEqual([true, true])
  })

  it('write it once a minute where nothing else is said', async () => {
    const daemon = await startDaemonIn(join(makeHome(), 'root'), ports)
    await change({ scope: '/elsewhere' })(recordPath(daemon.root), daemon)
    await writtenAgain(daemon)
    await change({ scope: '/elsewhere' })(recordPath(daemon.root), daemon)
    await sleep(3_000)
    expect(recordIn(daemon.root).scope).toBe('/elsewhere')
    // It would answer if it could be asked.
    await change({ pid: daemon.pid + 1 })(recordPath(daemon.root), daemon)
    const again = startDaemonIn(daemon.root, ports)
    await expect(again).rejects.toMatchObject({
      code: 'E_DAEMON_UNRESPONSIVE',
      message: expect.stringMatching(
        `process ${daemon.pid}\\) does not answer where its record says: that was replaced by the record of process ${daemon.pid + 1}, `,
      ),
    })
    rmSync(recordPath(daemon.root))
    await writtenAgain(daemon)
  })
})
