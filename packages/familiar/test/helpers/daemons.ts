import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, expect, inject, vi } from 'vitest'
import { dirname, join } from 'node:path'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { connect } from '../../dist/client/connect.js'
import type { Found, ConnectRequest } from '../../dist/client/connect-request.js'
import type { OwnRecord } from '../../dist/protocol/record.js'
import { selectPlatform } from '../../dist/observe/platform/select.js'
import { stopDaemon, type StopResult } from '../../dist/client/stop.js'
import type { Timing } from '../../src/protocol/daemon-timing.js'
import type { PortRange } from '../../src/identity/machine.js'
import type { Self } from '../../src/identity/versions.js'
import { daemonFamily, TEST_SELF } from '../fixtures/processes/daemon-family.mjs'
import { eventually } from './eventually.js'
import { isAlive, listenersOn, startTicksOf, watch } from './machine.js'
import { leaveNothing } from './leaks.js'
import { daemonsOf } from './processes.js'

/** Real daemons: started by the built library, in roots of the test, ended by it. */

const ENTRY = join(inject('processes'), 'daemon.mjs')
const STARTER = join(inject('processes'), 'starter.mjs')

/** The path of one of the processes that tests start. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/processes/${name}.mjs`, import.meta.url))
}

/** Short enough for a test; a daemon with these never retires for being idle. */
export const QUICK: Timing = { tickMs: 100, idleMs: 0, drainMs: 1_000, cleanEveryMs: 60_000 }
/** Nothing happens on a tick: what is seen in a test with these has another cause. */
export const UNHURRIED: Timing = { ...QUICK, tickMs: 60_000 }

/** What a busy machine may add to the time that something takes. */
export const BUSY_MS = 30_000
/** Longer than any test: the longest timer of Node, about 25 days. */
export const NEVER_MS = 2 ** 31 - 1

export interface Options {
  readonly timing?: Timing
  readonly entry?: string
  /** Arguments of the daemon besides its root and its ports. */
  readonly args?: readonly string[]
  readonly change?: Partial<ConnectRequest>
}

/** Those whose daemons are ended after the test that used them, and at the end of the file. */
const roots = new Map<string, PortRange>()
const kept = new Map<string, PortRange>()
const platform = await selectPlatform()

/** Fails the test file when anything is left of its daemons: they are ended after each test, or with `file` when all have run. */
export function leaveNoDaemons(ports: PortRange, endsAfter: 'test' | 'file' = 'test'): void {
  leaveNothing(ports, endsAfter)
  afterEach(async () => {
    if (endsAfter === 'test') await endDaemons()
  })
  afterAll(async () => {
    for (const [root, range] of kept) roots.set(root, range)
    kept.clear()
    await endDaemons()
  })
}

/**
 * Returns a function that starts a daemon at its first call, and then returns that one again: for tests that leave it as it
 * was. It is ended when all tests of the file have run.
 */
export function shared<T extends Daemon>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | null = null
  return () =>
    (started ??= start().then((daemon) => {
      const range = roots.get(daemon.root)
      if (range !== undefined) kept.set(daemon.root, range)
      roots.delete(daemon.root)
      return daemon
    }))
}

/** Returns the arguments of a daemon of this root, after the interpreter. The root counts as used. */
export function commandOf(root: string, ports: PortRange, { entry = ENTRY, args = [] }: Options = {}) {
  if (!kept.has(root)) roots.set(root, ports)
  return [entry, 'sync', `--spec-kitty-daemon-root=${root}`, `--ports=${ports.from}-${ports.to}`, ...args]
}

/** Returns the arguments of a process that starts a daemon in this root, after the interpreter. */
export function starterOf(root: string, ports: PortRange, options: Options = {}): readonly string[] {
  return [STARTER, root, `${ports.from}-${ports.to}`, ...commandOf(root, ports, options)]
}

/** What a command that needs the daemon of this root asks for. */
export function requestFor(root: string, ports: PortRange, options: Options = {}): ConnectRequest {
  return {
    family: daemonFamily(ports),
    scope: root,
    platform,
    launch: {
      args: commandOf(root, ports, options),
      env: { PATH: process.env['PATH'] },
      cwd: '/',
      logFile: logOf(root),
      timing: options.timing ?? QUICK,
    },
    self: selfOf(options),
    versionVariable: 'TEST_VERSION',
    stopCommand: 'stop',
    doctorCommand: (port) => `doctor --port ${port}`,
    ...options.change,
  }
}

/** The installation that starts such a daemon: of its version. */
function selfOf({ args = [] }: Options): Self {
  const version = args.map((argument) => /^--version=(.*)$/.exec(argument)?.[1]).find(Boolean)
  return { ...TEST_SELF, packageVersion: version ?? TEST_SELF.packageVersion }
}

/** A daemon that runs. */
export interface Daemon {
  readonly root: string
  readonly pid: number
  readonly port: number
  readonly record: OwnRecord
  readonly started: string | null
  readonly isAlive: () => boolean
  /** Sends a request with the daemon's token. */
  readonly post: (path: string, body?: object) => Promise<Response>
}

/** Connects to the daemon of this root, starting it where there is none, and watches it from then on. */
export async function startDaemonIn(root: string, ports: PortRange, options: Options = {}): Promise<Daemon> {
  return daemonOf(root, await connect(requestFor(root, ports, options)))
}

/**
 * Starts a daemon in this root, and waits until its first clean-up is over: it ends what is found in the scope, so what a
 * test starts there meanwhile would be ended or not, depending on how busy the machine is. That it is over is seen by a
 * sibling on `port`, which is there before the daemon.
 */
export async function afterFirstCleanUp<T>(
  { root, port, log = logOf(root) }: { readonly root: string; readonly port: number; readonly log?: string },
  start: () => Promise<T>,
): Promise<T> {
  await spawnPredecessor({ family: 'sync', port, root })
  const daemon = await start()
  await eventually(() => expect(logged(log, 'siblings_retired')).toMatchObject([{ ports: [port] }]))
  return daemon
}

/** Returns the daemon of a connection. Fails the test when it is none. */
export function daemonOf(root: string, connection: Found): Daemon {
  if (connection.outcome !== 'connected') throw new Error(`not connected: ${connection.reason}`)
  const record = recordIn(root)
  expect([connection.record.pid, connection.record.port]).toEqual([record.pid, record.port])
  const { pid, port, token = '' } = record
  return {
    root,
    pid,
    port,
    record,
    started: connection.started,
    isAlive: watch(pid),
    post: (path, body = {}) => post(port, token, path, body),
  }
}

function post(port: number, token: string, path: string, body: object): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** Begins a request that takes this long. Resolves, with its reply on the way, when the daemon is at it. */
export async function beginSlow({ port, post }: Daemon, ms: number): Promise<{ reply: Promise<Response> }> {
  const reply = post('/api/slow', { ms })
  reply.catch(() => undefined)
  await eventually(async () => {
    const health = await fetch(`http://127.0.0.1:${port}/api/health`)
    expect(await health.json()).toMatchObject({ slow_begun: 1 })
  })
  return { reply }
}

/** Ends the daemon of this root as a command would. */
export function stopIn(root: string, ports: PortRange, reason = 'test'): Promise<StopResult> {
  return stopDaemon({ family: daemonFamily(ports), scope: root, platform, reason })
}

/** Sends a signal to the very process that was connected to, if it still is. */
export function signal(daemon: Daemon, name: NodeJS.Signals): void {
  if (daemon.isAlive()) process.kill(daemon.pid, name)
}

/** Ends the daemon as `kill -9` does, and waits until it and its port are gone. */
export async function crash(daemon: Daemon): Promise<void> {
  signal(daemon, 'SIGKILL')
  await ended(daemon)
  await eventually(() => expect(listenersOn(daemon.port, daemon.port + 1)).toEqual([]))
}

/** Far more than it takes a daemon to end on a busy machine. */
const HANGS_MS = 60_000

/** Waits until the daemon has ended. */
export function ended(daemon: Pick<Daemon, 'isAlive'>, timeout = HANGS_MS): Promise<void> {
  return vi.waitFor(() => expect(daemon.isAlive()).toBe(false), { timeout, interval: 10 })
}

/** Waits until the daemon has ended. Returns how long that took from now, in milliseconds. */
export async function leavesAfter(daemon: Daemon): Promise<number> {
  const began = performance.now()
  await ended(daemon)
  return performance.now() - began
}

/** Ends every daemon of the roots that were used: by asking for it, and what is left then by its very process. */
export async function endDaemons(): Promise<void> {
  await Promise.all([...roots].map(([root, ports]) => endIn(root, ports)))
  roots.clear()
}

async function endIn(root: string, ports: PortRange): Promise<void> {
  if (daemonsOf(root).length === 0) return
  await stopIn(root, ports).catch(() => null)
  for (const pid of daemonsOf(root)) {
    const ticks = startTicksOf(pid)
    if (ticks !== null && daemonsOf(root).includes(pid) && isAlive(pid, ticks)) process.kill(pid, 'SIGKILL')
  }
  await eventually(() => expect(daemonsOf(root)).toEqual([]))
}

export function recordPath(root: string): string {
  return daemonFamily({ from: 0, to: 0 }).files(root).record
}

/** Returns the names of the files beside the record of this root. */
export function namesIn(root: string): readonly string[] {
  return readdirSync(dirname(recordPath(root))).toSorted()
}

export function logOf(root: string): string {
  return `${root}/daemons/sync/daemon.log`
}

/** Returns the current record of this root. */
export function recordIn(root: string): OwnRecord {
  return JSON.parse(readFileSync(recordPath(root), 'utf8')) as OwnRecord
}

/** Returns what a log says, of one kind of event. What the runtime itself wrote to it is not an event. */
export function logged(path: string, event: string): readonly Record<string, unknown>[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['event'] === event)
}
