import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import { startChild } from '../helpers/children.js'
import {
  leaveNoDaemons,
  logged,
  logOf,
  recordIn,
  recordPath,
  shared,
  startDaemonIn,
  type Daemon,
  namesIn,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome } from '../helpers/homes.js'
import { portsOf } from '../helpers/ports.js'
import { expectStays } from '../helpers/retiring.js'
import { needCommand } from '../helpers/skip.js'

/** What a daemon itself lacks (descriptors, memory) says nothing about its record, its lock or its scope. */
const ports = portsOf('life/lack')

leaveNoDaemons(ports)

/** One daemon for all: each test leaves it as it was. */
const one = shared((): Promise<Daemon> => startDaemonIn(join(makeHome(), 'root'), ports))

const NAMES = ['.gitignore', 'daemon.lock', 'daemon.log', 'lifecycle.lock', 'record.json']

/** The numbers below are in use for as long as a daemon lives. */
const NONE_LEFT = 3

/** The number that the next descriptor of a process would get: with it as the limit it cannot open another. */
function nextDescriptor(pid: number): number {
  const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number))
  return Array.from({ length: open.size + 1 }, (_, at) => at).find((at) => !open.has(at)) ?? open.size
}

function limit({ pid }: Daemon, descriptors: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${descriptors}:`])
}

const CHANGES: readonly (readonly [what: string, (path: string) => void, isKept: boolean])[] = [
  ['touched', (path) => utimesSync(path, new Date(), new Date()), false],
  ['deleted', (path) => rmSync(path), false],
  ['readable by others', (path) => chmodSync(path, 0o644), false],
  ['damaged', (path) => writeFileSync(path, 'garbage'), true],
]

describe('a daemon at its limit of descriptors', () => {
  it.for(CHANGES)(
    'leaves its record as it is, %s, until it has one again',
    async ([, change, isKept], context) => {
      needCommand(context, 'prlimit', ['--nofile=64'])
      const daemon = await one()
      limit(daemon, NONE_LEFT)
      change(recordPath(daemon.root))
      const before = existsSync(recordPath(daemon.root))
        ? readFileSync(recordPath(daemon.root), 'utf8')
        : null
      await expectStays(daemon, 1_500)
      expect(namesIn(daemon.root)).toEqual(NAMES.filter((name) => name !== 'record.json' || before !== null))
      if (before !== null) expect(readFileSync(recordPath(daemon.root), 'utf8')).toBe(before)
      limit(daemon, 1024)
      await eventually(() => expect(recordIn(daemon.root)).toEqual(daemon.record))
      await eventually(() => expect(statSync(recordPath(daemon.root)).mode & 0o777).toBe(0o600))
      const copies = namesIn(daemon.root).filter((name) => !NAMES.includes(name))
      expect(copies).toHaveLength(isKept ? 1 : 0)
      expect((await startDaemonIn(daemon.root, ports)).pid).toBe(daemon.pid)
      for (const name of copies) rmSync(join(dirname(recordPath(daemon.root)), name))
    },
  )

  it.for([1, 2, 3])('and %i more never moves its own good record', async (more, context) => {
    needCommand(context, 'prlimit', ['--nofile=64'])
    const daemon = await one()
    limit(daemon, nextDescriptor(daemon.pid) + more)
    utimesSync(recordPath(daemon.root), new Date(), new Date())
    await expectStays(daemon, 500)
    limit(daemon, 1024)
    await expectStays(daemon, 500)
    expect([recordIn(daemon.root), namesIn(daemon.root)]).toEqual([daemon.record, NAMES])
  })

  it('outlives the connections that it cannot take, and answers again', async (context) => {
    needCommand(context, 'prlimit', ['--nofile=64'])
    const daemon = await one()
    limit(daemon, NONE_LEFT)
    const sockets = Array.from({ length: 20 }, () => connect(daemon.port, '127.0.0.1'))
    for (const socket of sockets) socket.on('error', () => undefined)
    await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])))
    await expectStays(daemon, 500)
    limit(daemon, 1024)
    for (const socket of sockets) socket.destroy()
    expect((await startDaemonIn(daemon.root, ports)).pid).toBe(daemon.pid)
  })
})

/** Lets these calls of a running daemon fail until the function that is returned is called. */
async function inject(
  context: TestContext,
  { pid }: Daemon,
  calls: string,
  errno: string,
  more: readonly string[] = [],
) {
  const said = join(makeHome(), 'strace')
  const options = [
    '-qq',
    '-f',
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${calls}:error=${errno}`,
    '-o',
    said,
    ...more,
  ]
  needCommand(context, 'strace', ['-e', 'trace=none', '-e', 'inject=pause:error=EIO'])
  const strace = startChild('strace', [...options, '-p', String(pid)], { stdio: 'ignore' })
  await eventually(() =>
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toContain(`TracerPid:\t${strace.pid}`),
  )
  return {
    failed: (name: string): number =>
      readIfThere(said)
        .split('\n')
        .filter((line) => line.includes(name)).length,
    end: async () => {
      if (strace.exitCode !== null || strace.signalCode !== null) return
      const exit = once(strace, 'exit')
      strace.kill('SIGINT')
      await exit
    },
  }
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

describe('a daemon whose calls fail for a while', () => {
  it.for(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EAGAIN'])(
    'with %s when it opens something leaves its record alone',
    async (errno, context) => {
      const daemon = await one()
      const calls = await inject(context, daemon, 'openat', errno)
      utimesSync(recordPath(daemon.root), new Date(), new Date())
      await eventually(() => {
        if (daemon.isAlive()) expect(calls.failed('record.json')).toBeGreaterThan(3)
      })
      await calls.end()
      expect(daemon.isAlive()).toBe(true)
      await eventually(() => expect(recordIn(daemon.root)).toEqual(daemon.record))
      expect([namesIn(daemon.root), logged(logOf(daemon.root), 'leaving')]).toEqual([NAMES, []])
    },
  )

  it.for(['ENOMEM', 'EIO', 'EACCES'])(
    'with %s when it checks its lock, its record and its scope stays',
    async (errno, context) => {
      const daemon = await one()
      const calls = await inject(context, daemon, 'statx,fstat,newfstatat', errno)
      await eventually(() => {
        if (daemon.isAlive()) expect(calls.failed('statx')).toBeGreaterThan(20)
      })
      await calls.end()
      await expectStays(daemon)
      expect([recordIn(daemon.root), namesIn(daemon.root)]).toEqual([daemon.record, NAMES])
      expect(logged(logOf(daemon.root), 'leaving')).toEqual([])
    },
  )

  it.for(['ENOMEM', 'EIO', 'EACCES', 'ESTALE'])(
    'with %s when it checks its lock alone stays',
    async (errno, context) => {
      const daemon = await one()
      const lock = join(dirname(recordPath(daemon.root)), 'daemon.lock')
      const calls = await inject(context, daemon, 'statx,fstat,newfstatat', errno, ['-P', lock])
      await eventually(() => {
        if (daemon.isAlive()) expect(calls.failed('INJECTED')).toBeGreaterThan(5)
      })
      await calls.end()
      await expectStays(daemon)
      expect(logged(logOf(daemon.root), 'leaving')).toEqual([])
    },
  )
})
