import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { connect } from '../../dist/client/connect.js'
import {
  daemonOf,
  leaveNoDaemons,
  recordIn,
  recordPath,
  requestFor,
  startDaemonIn,
  stopIn,
} from '../helpers/daemons.js'
import { makeHome, newRoot } from '../helpers/homes.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'
import { connectAs, failAs, installed, startsIn } from '../helpers/replacing.js'

const ports = portsOf('life/replace')

leaveNoDaemons(ports)

const OLD = installed('1.0.0')
const NEW = installed('2.0.0')

describe('an older daemon', () => {
  it('is replaced by the command that finds it, once', async () => {
    const root = newRoot()
    const old = await startDaemonIn(root, ports, OLD)
    const connection = await connectAs(root, ports, NEW)
    expect(connection).toMatchObject({
      started: 'version_mismatch',
      replaced: { reason: 'version_mismatch', packageVersion: '1.0.0' },
      relation: 'same',
      record: { packageVersion: '2.0.0' },
    })
    const next = daemonOf(root, connection)
    expect([old.isAlive(), daemonsOf(root)]).toEqual([false, [next.pid]])
    expect(recordIn(root)).toMatchObject({
      pid: next.pid,
      package_version: '2.0.0',
      state: 'running',
      stop_reason: 'version_mismatch',
    })
    expect(startsIn(root)).toMatchObject([
      { reason: 'first_start', pid: old.pid, version: '1.0.0' },
      {
        reason: 'version_mismatch',
        previous_version: '1.0.0',
        version: '2.0.0',
        pid: next.pid,
        by_pid: process.pid,
      },
    ])
    expect(await connectAs(root, ports, NEW)).toMatchObject({ started: null, replaced: null })
    expect(startsIn(root)).toHaveLength(2)
  })

  it.for([
    ['of a pre-release', installed('2.0.0-rc.1'), NEW],
    [
      'of an earlier protocol, though of a later version',
      installed('3.0.0'),
      installed('2.0.0', { protocol: 2 }),
    ],
    ['of fewer commits', installed('2.0.0-5-gabc1234'), installed('2.0.0-6-gdef5678')],
    ['of no version', installed('latest'), NEW],
  ] as const)('%s is one', async ([, older, newer]) => {
    const root = newRoot()
    await startDaemonIn(root, ports, older)
    const { replaced, started } = await connectAs(root, ports, newer)
    expect([replaced?.packageVersion, started]).toEqual([older.self.packageVersion, 'version_mismatch'])
    expect(startsIn(root)).toHaveLength(2)
  })

  it('that has been stopped is not replaced: the next one is started, and knows of it', async () => {
    const root = newRoot()
    await startDaemonIn(root, ports, OLD)
    await stopIn(root, ports)
    expect(await connectAs(root, ports, NEW)).toMatchObject({ started: 'first_start', replaced: null })
    expect(startsIn(root)[1]).toMatchObject({ reason: 'first_start', previous_version: '1.0.0' })
  })

  it('stays where no daemon may be started', async () => {
    const root = newRoot()
    const old = await startDaemonIn(root, ports, OLD)
    const request = { ...requestFor(root, ports, NEW), skipReason: 'because' }
    expect(await connect(request)).toEqual({ outcome: 'skipped', reason: 'because' })
    expect([old.isAlive(), recordIn(root)]).toEqual([true, old.record])
  })
})

describe('two installations in turn, 20 times, cost one replacement', () => {
  it.for([
    ['releases', OLD, NEW],
    [
      'builds of two commits with one count, by their build time',
      installed('1.0.0-5-gfff1234', { buildTime: '2026-01-01T00:00:00.000Z' }),
      installed('1.0.0-5-gaaa1234', { buildTime: '2026-01-02T00:00:00.000Z' }),
    ],
  ] as const)('%s', { timeout: 240_000 }, async ([, older, newer]) => {
    const root = newRoot()
    const seen: unknown[] = []
    for (let turn = 0; turn < 20; turn++) {
      const { relation, replaced } = await connectAs(root, ports, turn % 2 === 0 ? older : newer)
      seen.push([relation === 'newer', replaced !== null])
    }
    const after = Array.from({ length: 18 }, (_, turn) => [turn % 2 === 0, false])
    expect(seen).toEqual([[false, false], [false, true], ...after])
    expect(startsIn(root).map(({ reason }) => reason)).toEqual(['first_start', 'version_mismatch'])
  })

  it('and a build counts as its release', async () => {
    const root = newRoot()
    for (const version of ['1.0.0', '1.0.0-5-gabc1234', '1.0.0', '1.0.0-6-gdef5678']) {
      expect((await connectAs(root, ports, installed(version))).relation).toBe('same')
    }
    expect(startsIn(root)).toHaveLength(1)
  })
})

const [COMMIT, OTHER] = ['1.0.0-5-gaaa1234', '1.0.0-5-gfff1234']
const TIME = '2026-01-01T00:00:00.000Z'

describe('two builds of which neither is known to be older replace nothing, used in turn', () => {
  it.for([
    ['neither has a build time', null, null],
    ['the first has none', null, TIME],
    ['the second has none', TIME, null],
    ['both were built at one time', TIME, TIME],
    ['the first was built at a time that no build writes', '9999', TIME],
    ['the second was built at one', TIME, '9999'],
    ['the first was built at no time', 'NaN', TIME],
    ['the second was built at a day', TIME, '2026-02-30T00:00:00.000Z'],
  ] as const)('where %s', async ([, first, second]) => {
    const root = newRoot()
    const [a, b] = [builtAt(COMMIT, first), builtAt(OTHER, second)]
    const daemons = new Set<number>()
    for (const [one, relation] of [
      [a, 'same'],
      [b, 'unordered'],
      [a, 'same'],
      [b, 'unordered'],
    ] as const) {
      const connection = await connectAs(root, ports, one)
      expect(connection).toMatchObject({ relation, replaced: null })
      daemons.add(daemonOf(root, connection).pid)
    }
    expect([daemons.size, startsIn(root).length]).toEqual([1, 1])
  })

  it.for(['NaN', '1970', '9999', '', 0, 9e99, null, [TIME], { time: TIME }].map((time) => ({ time })))(
    'no matter what is written into the record: $time',
    async ({ time }) => {
      const root = newRoot()
      const daemon = await startDaemonIn(root, ports, builtAt(COMMIT, null))
      writeFileSync(recordPath(root), JSON.stringify({ ...recordIn(root), build_time: time }))
      const connection = await connectAs(root, ports, builtAt(OTHER, TIME))
      expect(connection).toMatchObject({ relation: 'unordered', replaced: null, record: { pid: daemon.pid } })
    },
  )
})

function builtAt(version: string, time: string | null) {
  return installed(version, time === null ? {} : { buildTime: time })
}

describe('a daemon of a newer protocol', () => {
  it('is an error that names both, and nothing is changed', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports, installed('1.5.0', { protocol: 2, home: process.cwd() }))
    const { error } = await failAs(root, ports, NEW)
    expect(error).toMatchObject({
      code: 'E_VERSION_MISMATCH',
      message: expect.stringMatching(/version 1\.5\.0, protocol 2;.*version 2\.0\.0, protocol 1\b/),
      hint: expect.stringContaining(process.cwd()),
    })
    expect([daemon.isAlive(), recordIn(root), daemonsOf(root)]).toEqual([true, daemon.record, [daemon.pid]])
    expect(startsIn(root)).toHaveLength(1)
  })

  it('is still replaced when its installation is gone: no command could use it any more', async () => {
    const [root, home] = [newRoot(), makeHome()]
    const daemon = await startDaemonIn(root, ports, installed('3.0.0', { protocol: 2, home }))
    rmSync(home, { recursive: true })
    expect(await connectAs(root, ports, NEW)).toMatchObject({
      started: 'installation_gone',
      replaced: { reason: 'installation_gone', packageVersion: '3.0.0' },
    })
    expect(daemon.isAlive()).toBe(false)
  })
})

describe('a daemon that is not what the installation that starts it expects', () => {
  const named = [
    /version 2\.0\.0/,
    /\/installed\/2\.0\.0\/node/,
    /version 1\.0\.0/,
    new RegExp(process.execPath),
  ]

  it.for([
    ['where there is none', null, 1],
    ['in the place of an older one', OLD, 2],
  ] as const)('is started once %s, and is an error that names both', async ([, before, starts]) => {
    const root = newRoot()
    if (before !== null) await startDaemonIn(root, ports, before)
    const { error } = await failAs(root, ports, installed('2.0.0', { reports: '1.0.0' }))
    expect(error).toMatchObject({
      code: 'E_VERSION_MISMATCH',
      hint: expect.stringContaining('TEST_VERSION'),
    })
    for (const part of named) expect(error.message).toMatch(part)
    expect(startsIn(root)).toHaveLength(starts)
    expect(daemonsOf(root)).toEqual([recordIn(root).pid])
  })

  it('is told as a change of the installation where that was replaced during the start', async () => {
    const { args, change } = installed('2.0.0', { reports: '1.0.0' })
    const options = { args: args ?? [], change: { ...change, isInstallationChanged: () => true } }
    const { error } = await failAs(newRoot(), ports, options)
    expect(error).toMatchObject({
      code: 'E_VERSION_MISMATCH',
      hint: null,
      cause: { code: 'MODULE_NOT_FOUND' },
    })
    for (const part of named) expect(error.message).toMatch(part)
  })

  it('is an error that names both also when it speaks a newer protocol', async () => {
    const root = newRoot()
    const { args } = installed('2.0.0', { protocol: 2 })
    const { error } = await failAs(root, ports, { ...NEW, args: args ?? [] })
    expect(error).toMatchObject({
      code: 'E_VERSION_MISMATCH',
      message: expect.stringMatching(/protocol 1 .*\/installed\/2\.0\.0\/node.*started.*protocol 2\b/),
      hint: expect.stringContaining('TEST_VERSION'),
    })
    expect(startsIn(root)).toHaveLength(1)
  })

  it('is used when it is newer: its installation was upgraded in this moment', async () => {
    const connection = await connectAs(newRoot(), ports, installed('1.0.0', { reports: '1.1.0' }))
    expect(connection).toMatchObject({ started: 'first_start', relation: 'newer' })
  })
})

describe('a daemon whose installation', () => {
  it('is gone is replaced, though of the same version, for that reason', async () => {
    const [root, home] = [newRoot(), makeHome()]
    const old = await startDaemonIn(root, ports, installed('1.0.0', { home }))
    rmSync(home, { recursive: true })
    expect(await connectAs(root, ports, OLD)).toMatchObject({
      started: 'installation_gone',
      replaced: { reason: 'installation_gone', packageVersion: '1.0.0' },
    })
    expect([old.isAlive(), recordIn(root).stop_reason]).toEqual([false, 'installation_gone'])
    expect(startsIn(root)[1]).toMatchObject({ reason: 'installation_gone', previous_version: '1.0.0' })
  })

  it('is gone is replaced once, also by one that says the same: that one is used', async () => {
    const [root, home] = [newRoot(), makeHome()]
    await startDaemonIn(root, ports, installed('1.0.0', { home }))
    rmSync(home, { recursive: true })
    expect(await connectAs(root, ports, installed('1.0.0', { home }))).toMatchObject({
      started: 'installation_gone',
      relation: 'same',
    })
    expect(startsIn(root)).toHaveLength(2)
  })

  it.for([
    ['above it', 'above/it'],
    ['above that one, and the next', 'prefix/lib/node_modules/it'],
  ] as const)('is gone with the directory %s, is replaced', async ([, name]) => {
    const [root, home] = [newRoot(), makeHome()]
    mkdirSync(join(home, name), { recursive: true })
    const old = await startDaemonIn(root, ports, installed('3.0.0', { home: join(home, name) }))
    rmSync(join(home, name.split('/')[0] ?? ''), { recursive: true })
    expect(await connectAs(root, ports, OLD)).toMatchObject({
      started: 'installation_gone',
      replaced: { reason: 'installation_gone', packageVersion: '3.0.0' },
    })
    expect(old.isAlive()).toBe(false)
  })

  it.for([
    ['is below a mount point that has been empty since before', 'drive/it'],
    ['is on a drive that is not there', '/mnt/no-such-drive/above/it'],
    ['is below what is a file now', 'file/it'],
    ['is behind a link to itself', 'link/it'],
  ] as const)('%s stays: that is not proven gone', async ([, name]) => {
    const [root, home] = [newRoot(), makeHome()]
    writeFileSync(join(home, 'file'), '')
    symlinkSync('link', join(home, 'link'))
    mkdirSync(join(home, 'drive'))
    utimesSync(join(home, 'drive'), 1, 1)
    const old = await startDaemonIn(root, ports, installed('1.0.0', { home: resolve(home, name) }))
    expect(await connectAs(root, ports, OLD)).toMatchObject({ started: null, record: { pid: old.pid } })
  })

  it('is not named by a whole path stays: it would be searched for in the directory of the command', async () => {
    const root = newRoot()
    const old = await startDaemonIn(root, ports, installed('1.0.0', { home: 'no-such-directory' }))
    expect(await connectAs(root, ports, OLD)).toMatchObject({ started: null, record: { pid: old.pid } })
  })
})
