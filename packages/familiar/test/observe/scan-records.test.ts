import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spawnPredecessor, writeSyncRecord } from '../../../../stand-ins/predecessor.mjs'
import { scan } from '../../src/observe/scan.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { testFamily } from '../helpers/family.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { candidateAt, SAFE, verdictAt } from '../helpers/seen.js'

const ports = portsOf('observe/scan-records')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const platform = await selectPlatform()

leaveNothing(ports, 'file')

const SINGLETON = ['never_touch', 'is_recorded_singleton', 'S5']
const UNREADABLE = ['operator_required', 'record_unreadable', 'S14']

type Daemon = Awaited<ReturnType<typeof spawnPredecessor>> & {
  readonly root: string
  readonly startTime: string
}

/** One for all tests: none of them touches it, and each removes the records that it has written. */
let daemon: Promise<Daemon> | null = null

async function start(): Promise<Daemon> {
  const root = makeHome()
  const started = await spawnPredecessor({ family: 'sync', port: nextPort(), root })
  const { observation } = candidateAt(await scan(family, root, platform), started.port)
  return { ...started, root, startTime: observation.process?.startTime ?? '' }
}

/** Has the records of the daemon written, and returns what a scan then says. */
async function verdictWith(write: (daemon: Daemon) => unknown) {
  const own = await (daemon ??= start())
  const { record, predecessorRecords } = family.files(own.root)
  write(own)
  try {
    return verdictAt(await scan(family, own.root, platform), own.port)
  } finally {
    for (const path of [record, ...predecessorRecords]) rmSync(path, { recursive: true, force: true })
  }
}

/** Writes a record of our own kind that names the daemon, but for the changes. */
function writeOwn(daemon: Daemon, changes: Readonly<Record<string, unknown>> = {}): void {
  const { root, pid, startTime, port, token } = daemon
  const record = { scope: root, pid, birth: startTime, port, token, state: 'running', ...changes }
  put(family.files(root).record, JSON.stringify(record))
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

describe('a record of our own', () => {
  const records: readonly (readonly [
    string,
    (daemon: Daemon) => Record<string, unknown>,
    readonly unknown[],
  ])[] = [
    ['names the daemon', () => ({}), SINGLETON],
    ['names a process that had its pid before', () => ({ birth: 'another start time' }), SAFE],
    ['names another process', () => ({ pid: process.pid }), SAFE],
    ['names another port', ({ port }) => ({ port: port + 1 }), SAFE],
    ['says that the daemon has stopped', () => ({ state: 'stopped' }), SAFE],
    ['is a copy from another root', ({ root }) => ({ scope: `${root}/elsewhere` }), SAFE],
    ['has no scope', () => ({ scope: undefined }), UNREADABLE],
    ['has a pid that is text', ({ pid }) => ({ pid: String(pid) }), UNREADABLE],
    ['has the pid 1, which the first process of a container has', () => ({ pid: 1 }), SAFE],
  ]

  it.for(records)('that %s', async ([, changes, expected]) => {
    expect(await verdictWith((daemon) => writeOwn(daemon, changes(daemon)))).toEqual(expected)
  })
})

describe('a record of the predecessor', () => {
  it('that has no pid names the daemon by its token', async () => {
    expect(await verdictWith(({ root, port, token }) => writeSyncRecord(root, { port, token }))).toEqual(
      SINGLETON,
    )
  })

  it('that has neither its pid nor its token names another', async () => {
    expect(await verdictWith(({ root, port }) => writeSyncRecord(root, { port, token: 'x' }))).toEqual(SAFE)
  })

  it('counts beside one of our own', async () => {
    const verdict = await verdictWith((daemon) => {
      writeOwn(daemon, { pid: process.pid })
      writeSyncRecord(daemon.root, daemon)
    })
    expect(verdict).toEqual(SINGLETON)
  })

  const spoilt: readonly (readonly [string, string])[] = [
    ['is empty', ''],
    ['has two lines', 'http://localhost:9400\n9400\n'],
    ['has five lines', 'http://localhost:9400\n9400\ntoken\n4000\nmore\n'],
    ['has a port that is none', 'http://localhost:9400\n99999\ntoken\n4000\n'],
    ['has a negative pid', 'http://localhost:9400\n9400\ntoken\n-4000\n'],
    ['is half a record of JSON', '{"scope": "/home'],
    ['is a list', '[1, 2]'],
    ['is a megabyte long', 'x'.repeat(1024 * 1024)],
    [
      'is a record and a megabyte of blanks',
      `http://localhost:9400\n9400\ntoken\n4000\n${' '.repeat(1024 * 1024)}`,
    ],
  ]

  it.for(spoilt)('that %s', async ([, text]) => {
    const path = ({ root }: Daemon): string => family.files(root).predecessorRecords[0] ?? ''
    expect(await verdictWith((daemon) => put(path(daemon), text))).toEqual(UNREADABLE)
  })
})

describe('what is in the place of a record', () => {
  const places: readonly (readonly [string, (path: string) => unknown])[] = [
    ['a directory', (path) => mkdirSync(path)],
    ['a FIFO, without waiting for it', (path) => spawnSync('mkfifo', [path])],
    ['a device', (path) => symlinkSync('/dev/zero', path)],
    ['a link to itself', (path) => symlinkSync(path, path)],
  ]

  it.for(places)('%s', async ([, make]) => {
    for (const which of ['record', 'predecessorRecords'] as const) {
      const verdict = await verdictWith(({ root }) => {
        const path = [family.files(root)[which]].flat()[0] ?? ''
        mkdirSync(dirname(path), { recursive: true })
        make(path)
      })
      expect(verdict, `the ${which}`).toEqual(UNREADABLE)
    }
  })

  it('a record of our own with a megabyte of blanks behind it: larger than a record can be', async () => {
    const verdict = await verdictWith((daemon) => {
      const record = {
        scope: daemon.root,
        pid: process.pid,
        birth: 'x',
        port: daemon.port,
        token: 'x',
        state: 'running',
      }
      put(family.files(daemon.root).record, JSON.stringify(record) + ' '.repeat(1024 * 1024))
    })
    expect(verdict).toEqual(UNREADABLE)
  })
})

describe('the owner file that all daemons of a root share up to 3.2.3', () => {
  it.for(['shared', 'missing'] as const)('decides nothing when it is %s', async (file) => {
    const root = makeHome()
    const daemons = []
    for (const version of ['3.2.2', '3.2.2', '3.2.3']) {
      daemons.push(await spawnPredecessor({ family: 'sync', port: nextPort(), root, version }))
    }
    if (file === 'missing') rmSync(join(root, 'sync'), { recursive: true })
    const seen = await scan(family, root, platform)
    expect(seen.context.here.sharedOwnerPresent).toBe(file === 'shared')
    expect(daemons.map(({ port }) => verdictAt(seen, port))).toEqual([SAFE, SAFE, SAFE])
  })
})
