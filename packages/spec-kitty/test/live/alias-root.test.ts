import { mkdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { startCommand } from '../helpers/herd.js'
import { listenersOn } from '../helpers/machine.js'
import { makeAlias, treatment, WAYS, type Alias, type Way } from './aliases.js'
import { expectAlive } from './version-stale.js'
import { daemonsOf, lives, makeRoot, type Daemon, type SyncRoot } from './sync-root.js'

/**
 * One root with two paths. Its locks are the same files at both, so there is one daemon; every command at either path finds
 * that daemon, or says clearly at which path it is to be used. No two commands contradict each other.
 */
let root: SyncRoot
let second: SyncRoot
let alias: Alias | null

beforeEach(() => {
  root = makeRoot('above/root')
  mkdirSync(root.path, { recursive: true, mode: 0o700 })
  alias = null
})

/** The daemon may have been started by a command at either path. */
afterEach(async () => {
  recordedDaemon()
  alias?.remove()
  await root.end()
})

/** What is the second path, and at which one the daemon is started; the commands run at the other. */
const CASES: readonly { readonly way: Way; readonly path: 'first' | 'second' }[] = [
  { way: 'a symbolic link to it', path: 'first' },
  { way: 'a bind mount of it', path: 'first' },
  { way: 'a bind mount of it', path: 'second' },
  { way: 'a bind mount of the directory above it', path: 'first' },
]

interface Started {
  readonly here: SyncRoot
  readonly there: SyncRoot
  readonly daemon: Daemon
}

function makeSecond(context: TestContext, way: Way): void {
  alias = makeAlias(context, way, root.path, root.base)
  second = root.beside(alias.path)
}

/** The record names a path that was resolved: where the second one is a symbolic link, the first. */
function recordedDaemon(): Daemon | null {
  return root.remember() ?? (alias === null ? null : second.remember())
}

function start(context: TestContext, { way, path }: (typeof CASES)[number]): Started {
  makeSecond(context, way)
  const [here, there] = path === 'first' ? [second, root] : [root, second]
  expect(there.run(['sync', 'start'])).toMatchObject({ status: 0, stderr: '' })
  const daemon = recordedDaemon()
  if (daemon === null) throw new Error('the record names no running daemon after the start')
  return { here, there, daemon }
}

/** Every daemon of the root, by whichever path it was started. */
function allDaemons(): readonly number[] {
  return [root.path, alias?.path ?? ''].flatMap(daemonsOf).toSorted((a, b) => a - b)
}

function expectOnly({ pid, ...daemon }: Daemon): void {
  expectAlive({ pid, ...daemon })
  expect([allDaemons(), listenersOn(9400, 9450).length]).toEqual([[pid], 1])
}

/** What the commands that only look, or find, make of the daemon. */
function treatments({ here, there, daemon: { pid } }: Started): Readonly<Record<string, string>> {
  const start = here.json(['sync', 'start'])
  const status = here.json(['sync', 'status'])
  const doctor = here.json(['auth', 'doctor'])
  return {
    start: treatment(start, start.document.pid === pid, pid, there.path),
    status: treatment(status, running(status.document, pid), pid, there.path),
    doctor: treatment(doctor, doctor.document.daemon?.pid === pid, pid, there.path),
  }
}

function running(
  { state, pid }: { readonly state: string; readonly pid: number },
  expected: number,
): boolean {
  return state === 'running' && pid === expected
}

describe.each(CASES)('a root with $way as its second path, its daemon started at the $path', (one) => {
  it('has one daemon, whatever runs at the other path', (context) => {
    const { here, there, daemon } = start(context, one)
    const { port } = daemon
    for (const args of [
      ['sync', 'start'],
      ['auth', 'doctor', '--reset'],
      ['auth', 'doctor', '--reset', '--force'],
      ['auth', 'doctor', '--reset', '--force', '--port', String(port)],
      ['upgrade-hook'],
      ['sync', 'start'],
    ]) {
      here.run(args)
      expectOnly(daemon)
    }
    expect(there.json(['sync', 'start']).document).toMatchObject({ outcome: 'found', pid: daemon.pid })
  })

  it('start, status, doctor and restart at the other path agree about it', (context) => {
    const started = start(context, one)
    const { here, there, daemon } = started
    const { start: how, ...others } = treatments(started)
    expect(['found', 'told']).toContain(how)
    expect(others).toEqual({ status: how, doctor: how })
    expectOnly(daemon)
    const restart = here.json(['sync', 'restart'])
    expect(treatment(restart, restart.document.outcome === 'started', daemon.pid, there.path)).toBe(how)
    const [now, ...more] = allDaemons()
    expect([more, now === daemon.pid, listenersOn(9400, 9450).length]).toEqual([[], how === 'told', 1])
  })

  it('stop at the other path ends it, or says where to; the path of the daemon always does', (context) => {
    const started = start(context, one)
    const { here, there, daemon } = started
    const { start: how } = treatments(started)
    const stop = here.json(['sync', 'stop'])
    expect(treatment(stop, stop.document.outcome === 'stopped', daemon.pid, there.path)).toBe(how)
    expect(lives(daemon)).toBe(how === 'told')
    expect(there.run(['sync', 'stop'])).toMatchObject({ status: 0, stderr: '' })
    expect([lives(daemon), allDaemons()]).toEqual([false, []])
    for (const at of [here, there]) {
      expect(at.json(['sync', 'status']).document).toMatchObject({ state: 'stopped', pid: null })
    }
  })
})

describe.each(WAYS)('a root with %s as its second path, commands at both paths at one moment', (way) => {
  it('has one daemon', async (context) => {
    makeSecond(context, way)
    const herd = [root, second, root, second, root, second].map(
      ({ env }) => startCommand(['sync', 'start'], env).ended,
    )
    const ends = await Promise.all(herd)
    const daemon = recordedDaemon()
    const [pid = 0, ...more] = allDaemons()
    expect([more, daemon?.pid, listenersOn(9400, 9450).length]).toEqual([[], pid, 1])
    const other = daemonsOf(root.path).length === 1 ? root.path : second.path
    const treatedAs = ends.map(({ status, stderr, daemon: named }) =>
      treatment({ status, stdout: '', stderr }, named === pid, pid, other),
    )
    expect(treatedAs.filter((how) => how !== 'found' && how !== 'told')).toEqual([])
  })
})
