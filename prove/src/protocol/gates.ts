/**
 * The modules with effects, in real processes. Each effect waits for the controller's permission and then really happens,
 * and its result goes to the controller. `bundle-gated.ts` puts this file in front of the real modules. Only the clock is
 * not real: the controller decides when a pause ends and which wait times out.
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
import * as records from '../../../packages/familiar/dist/observe/read-records.js'
import type { DaemonRecord, OwnRecord } from '../../../packages/familiar/dist/protocol/record.js'
import * as startupPipe from '../../../packages/familiar/dist/protocol/startup-pipe.js'
import { tagOf, type Plain } from './effects.js'
import {
  ask,
  askSync,
  done,
  inside,
  isInside,
  passTime,
  pidText,
  portText,
  say,
  versionIn,
} from './gate-controller.js'

export { hrtime, uptime } from './gate-controller.js'
export * from './gates-machine.js'

// ---- Locks ----

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
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
  'act/poll-until.js': 16_000,
}
export const sleepIn = (module: string) => async (): Promise<void> => {
  const { late } = await ask('sleep', [module])
  if (late) passTime(LATE_MS[module] ?? 60_000)
  else if (module === 'act/poll-until.js') await new Promise((resolve) => setTimeout(resolve, 2))
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
  if (!isInside()) askSync('record.read', [])
  const found = records.readOwnRecord(family, scope)
  return isInside() ? found : done(found, viewOf(found))
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
/** In the exploration, a daemon checks its record only on a tick. A replay has no ticks. */
export const watch = () => ({ on: () => undefined, close: () => undefined })

let asked = 0
/** A waiting command asks again only if the record was written again. Here, as in the exploration, it asks every time. */
export const statSync = () => ({ ino: (asked += 1), mtimeMs: 0 })

// ---- Asking a daemon ----

export async function handshake(family: Family, record: DaemonRecord, timeoutMs = 1_000) {
  if (isInside()) return realHandshake.handshake(family, record, timeoutMs)
  const { late } = await ask('handshake', [pidText(record.pid), portText(record.port)])
  if (late) {
    passTime(timeoutMs)
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
    passTime(asked.timeoutMs)
    return done(null, 'late')
  }
  const reply = await http.request({ ...asked, timeoutMs: 20_000 })
  return done(reply, reply === null || reply === 'unreachable' ? null : reply.status)
}

// ---- Starting a daemon ----

const children = new Map<number, childProcess.ChildProcess>()

export function spawn(...given: readonly [string, readonly string[], childProcess.SpawnOptions]) {
  askSync('spawn', [])
  const child = childProcess.spawn(...given)
  children.set(child.pid ?? 0, child)
  done(null, pidText(child.pid ?? 0))
  const { pid, stdio } = child
  // The code learns that the child has exited where it waits for that, not before.
  const left: Pick<childProcess.ChildProcess, 'exitCode' | 'signalCode'> = {
    exitCode: null,
    signalCode: null,
  }
  return { pid, stdio, ...left, ref: () => child.ref(), unref: () => child.unref() }
}
export async function once(
  child: { readonly pid: number; exitCode: number | null; signalCode: NodeJS.Signals | null },
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
  // Only a daemon that left by itself with an error makes the client give up.
  ;({ exitCode: child.exitCode, signalCode: child.signalCode } = started)
  return done([], 'exited')
}
export const spawnSync = () => ({ status: 0, signal: null })

export function jsonLines(socket: Socket): startupPipe.Lines {
  const lines = startupPipe.jsonLines(socket)
  let isOpen = true
  return {
    receive: async (timeoutMs) => {
      if (!isOpen) return null
      const { late } = await ask('pipe.receive', [])
      if (late) {
        passTime(timeoutMs)
        return done(null, 'late')
      }
      const message = await lines.receive(20_000)
      return done(message, message === null ? null : tagOf(message))
    },
    send: (message) => {
      if (!isOpen) return
      askSync('pipe.send', [tagOf(message)])
      lines.send(message)
      // Node writes to a pipe at once if it can. The next effect of this process must come after that.
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

/** Replaces `process.on`: a signal takes effect when the controller allows it. */
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

/** A daemon that serves does nothing until the controller lets an event take effect. */
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
