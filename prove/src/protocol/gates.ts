/**
 * The same modules with effects, in real processes: each effect waits for the controller's word, then happens for real, and
 * its result goes to the controller. `bundle-gated.ts` puts this in front of the real modules. Only the clock is not real: a pause
 * ends when the controller says so, and a wait is too long when it says so.
 */
import * as childProcess from 'node:child_process'
import { once as onceOf } from 'node:events'
import * as fs from 'node:fs'
import type { Socket } from 'node:net'
import type { HeldLock } from '../../../packages/familiar/dist/act/acquire-lock.js'
import * as lockFile from '../../../packages/familiar/dist/act/lock-file.js'
import * as recordFile from '../../../packages/familiar/dist/act/record-file.js'
import * as safeFile from '../../../packages/familiar/dist/act/safe-file.js'
import * as tryLock from '../../../packages/familiar/dist/act/try-lock.js'
import * as realBind from '../../../packages/familiar/dist/daemon/bind-port.js'
import * as httpServer from '../../../packages/familiar/dist/daemon/http-server.js'
import type { Family } from '../../../packages/familiar/dist/family.js'
import * as realHandshake from '../../../packages/familiar/dist/observe/handshake.js'
import * as http from '../../../packages/familiar/dist/observe/http.js'
import type { Platform } from '../../../packages/familiar/dist/observe/platform/platform.js'
import { selectPlatform } from '../../../packages/familiar/dist/observe/platform/select.js'
import * as records from '../../../packages/familiar/dist/observe/read-records.js'
import * as realScan from '../../../packages/familiar/dist/observe/scan.js'
import type { DaemonRecord, OwnRecord } from '../../../packages/familiar/dist/protocol/record.js'
import * as startupPipe from '../../../packages/familiar/dist/protocol/startup-pipe.js'
import type { EffectName, Plain } from './effects.js'

const place = process.env['PROVE_GATE'] ?? ''
const isDaemon = process.env['PROVE_ROLE'] === 'daemon'
const up = fs.openSync(`${place}.up`, 'r+')
const down = fs.openSync(`${place}.down`, 'r+')

/** Milliseconds: passes only by the controller's word. */
let clock = 1_000_000
export const hrtime = (): readonly [number, number] => [Math.floor(clock / 1000), (clock % 1000) * 1e6]
export const uptime = (): number => clock / 1000

/** While a real module works whose parts are gated too. */
let isInside = false

const say = (message: object): void => void fs.writeSync(up, `${JSON.stringify(message)}\n`)

/** The controller's word: `late` for a wait that is too long, else what the exploration expects. */
type Word = { readonly late: boolean; readonly event?: string }

function askSync(name: EffectName, args: readonly Plain[]): Word {
  say({ effect: name, args })
  const bytes = Buffer.alloc(256)
  const length = fs.readSync(down, bytes)
  return JSON.parse(bytes.toString('utf8', 0, length)) as Word
}

/** Where the shipped code waits on its event loop: a daemon answers requests meanwhile. */
async function ask(name: EffectName, args: readonly Plain[]): Promise<Word> {
  if (!isDaemon) return askSync(name, args)
  say({ effect: name, args })
  const bytes = Buffer.alloc(256)
  const length = await new Promise<number>((resolve, reject) => {
    fs.read(down, bytes, 0, bytes.length, null, (error, count) =>
      error === null ? resolve(count) : reject(error),
    )
  })
  return JSON.parse(bytes.toString('utf8', 0, length)) as Word
}

const done = <T>(result: T, shown: Plain = null): T => {
  say({ result: shown })
  return result
}

async function inside<T>(work: () => Promise<T>): Promise<T> {
  isInside = true
  try {
    return await work()
  } finally {
    isInside = false
  }
}

const pidText = (pid: number | null): string => `pid:${pid ?? 0}`
const portText = (port: number | null): string => `port:${port ?? 0}`
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const versionIn = (text: string | null): number => Number((text ?? '0').split('.')[0])

// ---- Locks ----

const lockFiles = new Map<number, { readonly kind: string; isLocked: boolean; readonly name: string }>()

export function openLockFile(path: string, mustExist: boolean): number {
  const descriptor = lockFile.openLockFile(path, mustExist)
  lockFiles.set(descriptor, { kind: 'own', isLocked: false, name: nameOf(path) })
  return descriptor
}
export function openRegular(path: string, flags: number): number {
  const descriptor = safeFile.openRegular(path, flags)
  lockFiles.set(descriptor, { kind: 'probe', isLocked: false, name: nameOf(path) })
  return descriptor
}
export function lockDescriptor(descriptor: number, path: string): boolean {
  const file = lockFiles.get(descriptor)
  askSync('lock.try', [nameOf(path), file?.kind ?? ''])
  const isGot = tryLock.lockDescriptor(descriptor, path)
  if (file !== undefined) file.isLocked = isGot
  return done(isGot, isGot)
}
export function closeSync(descriptor: number): void {
  const file = lockFiles.get(descriptor)
  if (file?.isLocked === true) askSync('lock.close', [file.name])
  fs.closeSync(descriptor)
  lockFiles.delete(descriptor)
  if (file?.isLocked === true) done(null)
}

// ---- Waiting ----

const LATE_MS: Readonly<Record<string, number>> = {
  'act/acquire-lock.js': 31_000,
  'client/await-holder.js': 26_000,
  'act/terminate-process.js': 16_000,
}
export const sleepIn = (module: string) => async (): Promise<void> => {
  const { late } = await ask('sleep', [module])
  if (late) clock += LATE_MS[module] ?? 60_000
  else if (module === 'act/terminate-process.js') await new Promise((resolve) => setTimeout(resolve, 2))
  done(null, late ? 'late' : 'woke')
}

// ---- The record ----

function viewOf(record: DaemonRecord | null): Plain {
  if (record === null) return null
  const state = record.running ? 'running' : 'stopped'
  const { pid, port, packageVersion, stopReason } = record
  const reason = record.running ? null : stopReason
  return { pid: pidText(pid), port: portText(port), version: versionIn(packageVersion), state, reason }
}
export function readOwnRecord(family: Family, scope: string): DaemonRecord | null {
  if (!isInside) askSync('record.read', [])
  const found = records.readOwnRecord(family, scope)
  return isInside ? found : done(found, viewOf(found))
}
export function readRecord(family: Family, path: string) {
  askSync('record.read', [])
  const found = records.readRecord(family, path)
  return done(found, viewOf(found.state === 'readable' ? found.record : null))
}
export function writeRecord(lock: HeldLock, path: string, record: OwnRecord, isDamaged: boolean) {
  askSync('record.write', [pidText(record.pid), portText(record.port)])
  isRecorded = true
  return done(recordFile.writeRecord(lock, path, record, isDamaged))
}
export function markStopped(
  lock: HeldLock,
  path: string,
  named: { pid: number; startTime: string },
  reason: string,
) {
  askSync('record.mark', [pidText(named.pid), reason])
  const isMarked = recordFile.markStopped(lock, path, named, reason)
  return done(isMarked, isMarked)
}
/** The exploration lets a daemon look at its record on a tick only, and a replay has no ticks. */
export const watch = () => ({ on: () => undefined, close: () => undefined })

let asked = 0
/** A waiter asks again only if the record was written again; here it is asked every time, as in the exploration. */
export const statSync = () => ({ ino: (asked += 1), mtimeMs: 0 })

// ---- Asking a daemon ----

export async function handshake(family: Family, record: DaemonRecord, timeoutMs = 1_000) {
  if (isInside) return realHandshake.handshake(family, record, timeoutMs)
  const { late } = await ask('handshake', [pidText(record.pid), portText(record.port)])
  if (late) {
    clock += timeoutMs
    return done({ outcome: 'no_response' } as const, 'late')
  }
  const answer = await realHandshake.handshake(family, record, 20_000)
  const version = answer.outcome === 'proven' ? `:${versionIn(answer.report.packageVersion)}` : ''
  return done(answer, `${answer.outcome}${version}`)
}
export async function request(asked: Parameters<typeof http.request>[0]) {
  if (asked.method !== 'POST') return http.request(asked)
  const { late } = await ask('shutdown', [portText(asked.port)])
  if (late) {
    clock += asked.timeoutMs
    return done(null, 'late')
  }
  const reply = await http.request({ ...asked, timeoutMs: 20_000 })
  return done(reply, reply === null || reply === 'unreachable' ? null : reply.status)
}

// ---- The machine ----

/** This process and those above it: before a signal, a client makes sure that its target is none of them. */
function ancestorsOf(pid: number): ReadonlySet<number> {
  const found = new Set([pid])
  for (let at = process.ppid; at > 1 && !found.has(at);) {
    found.add(at)
    at = Number(/^PPid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${at}/status`, 'utf8'))?.[1] ?? 0)
  }
  return found
}
const ancestors = ancestorsOf(process.pid)

export async function gatedPlatform(): Promise<Platform> {
  const real = await selectPlatform()
  return {
    ...real,
    listeners: async (range, deadline) => {
      if (isInside) return real.listeners(range, deadline)
      await ask('listeners', [portText(range.from)])
      const found = await real.listeners(range, deadline)
      return done(found, found.length)
    },
    inspect: async (pids, deadline) => {
      const others = pids.filter((pid) => !ancestors.has(pid))
      if (isInside || others.length === 0) return real.inspect(pids, deadline)
      await ask('inspect', others.map(pidText))
      const found = await real.inspect(pids, deadline)
      return done(found, others.filter((pid) => found.has(pid)).map(pidText))
    },
    lockHolder: async (path, namedHolder, pids) => {
      if (isInside) return real.lockHolder(path, namedHolder, pids)
      await ask('lock.holder', [])
      const found = await real.lockHolder(path, namedHolder, pids)
      return done(found, found === null || found === 'unknown' ? found : pidText(found.pid))
    },
  }
}
export async function scan(...given: Parameters<typeof realScan.scan>) {
  await ask('scan', [])
  const seen = await inside(() => realScan.scan(...given))
  const { lockHolder } = seen.context.here
  const holder = lockHolder === null || lockHolder === 'unknown' ? lockHolder : pidText(lockHolder.pid)
  const listening = seen.candidates.filter(({ observation }) => observation.port !== null)
  return done(seen, { holder, daemons: listening.map(({ observation }) => pidText(observation.pid)) })
}
export function kill(pid: number, signal: NodeJS.Signals): void {
  askSync('kill', [pidText(pid), signal])
  try {
    process.kill(pid, signal)
  } catch (error) {
    done(null, 'gone')
    throw error
  }
  done(null, 'sent')
}

// ---- Starting a daemon ----

const children = new Map<number, childProcess.ChildProcess>()

export function spawn(...given: readonly [string, readonly string[], childProcess.SpawnOptions]) {
  askSync('spawn', [])
  const child = childProcess.spawn(...given)
  children.set(child.pid ?? 0, child)
  done(null, pidText(child.pid ?? 0))
  const { pid, stdio } = child
  // Whether it has exited is seen where the code waits for it, not before.
  return { pid, stdio, exitCode: null as number | null, signalCode: null, unref: () => child.unref() }
}
export async function once(
  child: { readonly pid: number; exitCode: number | null },
  event: string,
): Promise<unknown> {
  const started = children.get(child.pid)
  if (event === 'spawn' || started === undefined) return []
  const { late } = await ask('child.exit', [pidText(child.pid)])
  if (late) {
    done(null, 'late')
    throw new Error('it is still there')
  }
  if (started.exitCode === null && started.signalCode === null) await onceOf(started, 'exit')
  child.exitCode = started.exitCode ?? 1
  return done([], 'exited')
}
export const spawnSync = () => ({ status: 0, signal: null })

function tagOf(message: Readonly<Record<string, unknown>>): string {
  if ('reason' in message) return 'hello'
  if ('error' in message) return `error ${String((message['error'] as { code: unknown }).code)}`
  return Object.keys(message)[0] ?? ''
}
export function jsonLines(socket: Socket): startupPipe.Lines {
  const lines = startupPipe.jsonLines(socket)
  let isOpen = true
  return {
    receive: async (timeoutMs) => {
      if (!isOpen) return null
      const { late } = await ask('pipe.receive', [])
      if (late) {
        clock += timeoutMs
        return done(null, 'late')
      }
      const message = await lines.receive(20_000)
      return done(message, message === null ? null : tagOf(message))
    },
    send: (message) => {
      if (!isOpen) return
      askSync('pipe.send', [tagOf(message)])
      lines.send(message)
      // Node writes to a pipe at once, if it can; the next effect of this process must not come before that.
      done(null)
    },
    close: () => {
      if (!isOpen) return
      askSync('pipe.close', [])
      isOpen = false
      lines.close()
      done(null)
    },
  }
}
export function openStartupPipe(): startupPipe.Lines {
  const { Socket: NetSocket } = process.getBuiltinModule('node:net')
  return jsonLines(new NetSocket({ fd: startupPipe.STARTUP_PIPE_FD, readable: true, writable: true }))
}

// ---- The daemon's own ----

let isRecorded = false
const waiting = new Map<string, () => unknown>()
const arrived = new Set<string>()

/** In place of `process.on`: a signal takes effect when the controller lets it. */
export function onSignal(signal: string, act: () => unknown): void {
  waiting.set(signal, act)
  process.on(signal, () => void arrived.add(signal))
}
export function createDaemonServer(options: httpServer.ServerOptions): httpServer.DaemonServer {
  const [[route, leave] = ['', undefined]] = Object.entries(options.routes)
  const postponed = async (asked: Parameters<NonNullable<typeof leave>>[0]) => {
    if (!isRecorded && leave !== undefined) return leave(asked)
    waiting.set('shutdown', () => leave?.(asked))
    arrived.add('shutdown')
    return { status: 202, json: { status: 'stopping', drain_ms: 5_000 } }
  }
  const server = httpServer.createDaemonServer({ ...options, routes: { [route]: postponed } })
  return {
    ...server,
    stopListening: () => {
      askSync('unlisten', [])
      server.stopListening()
      done(null)
    },
    promised: () => 0,
  }
}
export async function bindInRange(...given: Parameters<typeof realBind.bindInRange>): Promise<number> {
  await ask('bind', [])
  const port = await inside(() => realBind.bindInRange(...given))
  return done(port, portText(port))
}
export const watchSiblings = () => ({ request: () => undefined, tick: async () => undefined })

/** What a daemon does that serves: nothing, until the controller lets an event take effect. */
export async function idle(): Promise<void> {
  for (;;) {
    const { event = '' } = await ask('idle', [])
    while (!arrived.has(event)) await new Promise((resolve) => setTimeout(resolve, 1))
    arrived.delete(event)
    done(null, event)
    await waiting.get(event)?.()
    await new Promise((resolve) => setTimeout(resolve, 60_000))
  }
}

export function exit(code: number): never {
  askSync('exit', [])
  process.exit(code)
}
export function ended(outcome: string): void {
  say({ effect: 'end', args: [outcome] })
}
