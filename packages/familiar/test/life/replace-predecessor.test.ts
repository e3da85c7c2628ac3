import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { predecessorBeside } from '../../dist/observe/predecessor-beside.js'
import { spawnPredecessor, writeSyncRecord } from '../../../../stand-ins/predecessor.mjs'
import { startChild } from '../helpers/children.js'
import { leaveNoDaemons, recordIn, requestFor, startDaemonIn, starterOf, stopIn } from '../helpers/daemons.js'
import { figure } from '../helpers/figures.js'
import { makeHome } from '../helpers/homes.js'
import { hasPendingSignal, listenersOn, watch } from '../helpers/machine.js'
import { textOf } from '../helpers/output.js'
import { portsOf } from '../helpers/ports.js'
import { hold } from '../helpers/proven.js'
import { daemonsOf } from '../helpers/processes.js'
import { connectAs, failAs, installed, startsIn } from '../helpers/replacing.js'
import { needRoot, NOBODY, skipAloud } from '../helpers/skip.js'

const ports = portsOf('life/replace-predecessor')
const NEW = installed('2.0.0')

/** The bound of connect() for a daemon that lives and does not answer; on a busy machine the quickest attempt counts. */
const BOUND_MS = 2_000
const ATTEMPTS = 10

leaveNoDaemons(ports)

/** Ours begins its search for a port at the lower end. */
const PORT = ports.to - 10

type Options = Partial<Parameters<typeof spawnPredecessor>[0]> & { readonly lines?: 3 | 4 }

/** Starts a predecessor in a root of its own, with a record of so many lines. */
async function startOld({ lines = 4, ...options }: Options = {}) {
  const root = options.root ?? makeHome()
  const daemon = await spawnPredecessor({ family: 'sync', port: PORT, ...options, root })
  const { port, token, pid } = daemon
  const path = writeSyncRecord(root, { port, token, pid, lines })
  const record = readFileSync(path, 'utf8')
  return { ...daemon, root, isAlive: watch(pid), record, kept: record.replace(token, '<redacted>') }
}

/** Returns what is in the root under the name of the predecessor's record, and of those that were put aside. */
function recordsIn(root: string): Readonly<Record<string, string>> {
  const names = readdirSync(root).filter((name) => /^sync-daemon(?!\.log$)/.test(name))
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(root, name), 'utf8')]))
}

const ASIDE = /^sync-daemon\.replaced-\d{4}-\d\d-\d\dT[\d.]+Z$/

describe("a predecessor's daemon that its record names", () => {
  it.for([4, 3] as const)('in %s lines is replaced, once, and the record put aside', async (lines) => {
    const old = await startOld({ lines })
    const { root } = old
    const connection = await connectAs(root, ports, NEW)
    expect(connection).toMatchObject({
      started: 'version_mismatch',
      replaced: { reason: 'version_mismatch', packageVersion: '3.2.5' },
      relation: 'same',
    })
    expect([old.isAlive(), listenersOn(PORT, PORT + 1)]).toEqual([false, []])
    // Its own shutdown, which only its token brings about: a signal would be named here.
    expect(await old.exited).toEqual({ code: 0, signal: null })
    const records = recordsIn(root)
    expect(Object.keys(records)).toEqual([expect.stringMatching(ASIDE)])
    expect(Object.values(records)).toEqual([old.kept])
    expect(startsIn(root)).toMatchObject([
      { reason: 'version_mismatch', previous_version: '3.2.5', version: '2.0.0', by_pid: process.pid },
    ])
    expect(await connectAs(root, ports, NEW)).toMatchObject({ started: null, replaced: null })
    expect([startsIn(root).length, recordsIn(root)]).toEqual([1, records])
  })

  it('is ended also where it does not leave by itself', async () => {
    const old = await startOld({ behaviour: 'close-then-hang' })
    expect((await connectAs(old.root, ports, NEW)).replaced).toMatchObject({ packageVersion: '3.2.5' })
    expect([old.isAlive(), Object.values(recordsIn(old.root))]).toEqual([false, [old.kept]])
  })

  it('is replaced once by 8 commands at once', { timeout: 240_000 }, async () => {
    const { root, kept, isAlive } = await startOld()
    const env = { PATH: process.env['PATH'], SELF: JSON.stringify(NEW.self) }
    const starters = Array.from({ length: 8 }, () =>
      startChild(process.execPath, starterOf(root, ports, NEW), {
        stdio: ['ignore', 'pipe', 'inherit'],
        env,
      }),
    )
    const said = (await Promise.all(starters.map(textOf))).map((text) => JSON.parse(text) as object)
    const { pid } = recordIn(root)
    expect(said).toEqual(said.map(() => expect.objectContaining({ pid })))
    expect(startsIn(root).map(({ reason }) => reason)).toEqual(['version_mismatch'])
    expect([isAlive(), daemonsOf(root), Object.values(recordsIn(root))]).toEqual([false, [pid], [kept]])
  })

  it('is not moved aside when its own command has named another one meanwhile', async () => {
    const root = makeHome()
    const old = await startOld({ root, behaviour: 'close-then-hang' })
    const replacing = connectAs(root, ports, NEW)
    await expect.poll(() => listenersOn(PORT, PORT + 1), { timeout: 60_000, interval: 5 }).toEqual([])
    const next = await startOld({ root, port: PORT + 1 })
    expect((await replacing).replaced).toMatchObject({ packageVersion: '3.2.5' })
    expect([old.isAlive(), next.isAlive()]).toEqual([false, true])
    expect(recordsIn(root)).toEqual({ 'sync-daemon': next.record })
    expect(await connectAs(root, ports, NEW)).toMatchObject({ started: null })
    expect([next.isAlive(), hasPendingSignal(next.pid)]).toEqual([true, false])
  })

  it('that is gone has left only its record, which stays', async () => {
    const old = await startOld()
    await old.stop()
    expect(await connectAs(old.root, ports, NEW)).toMatchObject({ started: 'first_start', replaced: null })
    expect(await predecessorBeside(requestFor(old.root, ports))).toBe(null)
    expect(recordsIn(old.root)).toEqual({ 'sync-daemon': old.record })
  })
})

describe("a predecessor's daemon is left alone, and ours starts beside it,", () => {
  it.for(['runs', 'has stopped'] as const)('once there is a record of ours: it %s', async (how) => {
    const root = makeHome()
    const ours = await startDaemonIn(root, ports, installed('1.0.0'))
    if (how === 'has stopped') await stopIn(root, ports)
    const old = await startOld({ root })
    const { replaced, record } = await connectAs(root, ports, NEW)
    expect(await predecessorBeside(requestFor(root, ports))).toEqual({
      pid: old.pid,
      port: old.port,
      isMarked: true,
    })
    expect(replaced?.packageVersion).toBe(how === 'runs' ? '1.0.0' : undefined)
    expect([ours.isAlive(), old.isAlive(), hasPendingSignal(old.pid)]).toEqual([false, true, false])
    expect([daemonsOf(root).includes(record.pid ?? 0), recordsIn(root)]).toEqual([
      true,
      { 'sync-daemon': old.record },
    ])
  })

  it.for([
    ['has no marker', () => ({ marker: false })],
    ['is of another root', () => ({ marker: makeHome() })],
    ['is of another root that is gone', () => ({ marker: '/no/such/root' })],
    ['says that it is of another root', () => ({ health: { singleton_scope_id: '/no/such/root' } })],
  ] as const)('when it %s', async ([, more]) => {
    const old = await startOld(more())
    expect(await connectAs(old.root, ports, NEW)).toMatchObject({ started: 'first_start', replaced: null })
    expect([old.isAlive(), hasPendingSignal(old.pid)]).toEqual([true, false])
    expect(recordsIn(old.root)).toEqual({ 'sync-daemon': old.record })
  })

  it('when it runs as another user', async (context) => {
    needRoot(context)
    const old = await startOld({ uid: NOBODY, gid: NOBODY, owner: false }).catch((error: unknown) =>
      skipAloud(context, String(error)),
    )
    expect(await connectAs(old.root, ports, NEW)).toMatchObject({ started: 'first_start', replaced: null })
    expect([old.isAlive(), hasPendingSignal(old.pid), recordsIn(old.root)]).toEqual([
      true,
      false,
      { 'sync-daemon': old.record },
    ])
  })
})

describe("a predecessor's daemon that does not answer", () => {
  it('is an error in time, with the command that deals with it, and is not touched', async () => {
    const old = await startOld()
    await hold(old)
    const took: number[] = []
    for (let count = 0; count < ATTEMPTS && Math.min(...took) >= BOUND_MS; count++) {
      const { error, ms } = await failAs(old.root, ports, NEW)
      expect(error).toMatchObject({
        code: 'E_DAEMON_UNRESPONSIVE',
        message: expect.stringContaining(`process ${old.pid}, port ${PORT}`),
        hint: 'stop',
      })
      took.push(ms)
    }
    figure(`E_DAEMON_UNRESPONSIVE after ${took.map(Math.round).join(', ')} ms`)
    expect(Math.min(...took)).toBeLessThan(BOUND_MS)
    expect([old.isAlive(), hasPendingSignal(old.pid), recordsIn(old.root)]).toEqual([
      true,
      false,
      { 'sync-daemon': old.record },
    ])
    expect([daemonsOf(old.root), listenersOn(PORT, PORT + 1).length]).toEqual([[], 1])
    old.child.kill('SIGCONT')
    expect((await connectAs(old.root, ports, NEW)).replaced).toMatchObject({ packageVersion: '3.2.5' })
  })
})
