/**
 * The exploration's replacements for the modules with effects. Each effect becomes a call of `effects`; everything else
 * of the protocol is the shipped code. `bundle.ts` says which module is replaced; this file has the names of all of them.
 * It runs only inside a bundle, where `effects` is a parameter.
 */
import type { Log } from '../../../packages/familiar/dist/daemon/log.js'
import type { DaemonRecord } from '../../../packages/familiar/dist/protocol/record.js'
import type { SelfReport } from '../../../packages/familiar/dist/protocol/self-report.js'
import { tagOf, textOf, type Effects } from './effects.js'
import { fileOf, reportOf } from './scene.js'

export { family, SCOPE, versionText } from './scene.js'
export * from './shims-machine.js'
export * from './shims-record.js'

declare const effects: Effects

// ---- The kernel's locks (act/lock-file.js, act/safe-file.js, node:fs) ----

/** An open lock file. `probe`: opened only to test whether it is locked, and closed at once. */
interface Opened {
  readonly name: string
  readonly kind: 'probe' | 'own'
  isLocked: boolean
}

const opened = (path: string, kind: Opened['kind']): Opened => ({ name: fileOf(path), kind, isLocked: false })

export const openLockFile = (path: string): Opened => opened(path, 'own')
export const constants = { O_RDWR: 2, O_CREAT: 64 }
export const openRegular = (path: string): Opened => opened(path, 'probe')
export function lockDescriptor(file: Opened): boolean {
  file.isLocked = effects.sync('lock.try', file.name, file.kind) === true
  return file.isLocked
}
/** For a mutant: a lock that consists of the text of a file, and counts as stale if its writer is gone. */
export const isFreeByText = (file: Opened): boolean => effects.sync('lock.look', file.name) === true
export function takeByText(file: Opened): boolean {
  effects.sync('lock.take', file.name)
  file.isLocked = true
  return true
}
export function closeSync(file: Opened): void {
  if (file?.isLocked) effects.sync('lock.close', file.name)
  if (file !== undefined && file !== null) file.isLocked = false
}
export const isLinked = (): boolean => true
export const isStillLinked = (): boolean => true
export const writeHolder = (): void => undefined
export const unusable = (_path: string, error: unknown): unknown => error
export const futimesSync = (): void => undefined
export const assertNotThroughLink = (): void => undefined
export const loadTryLock = (): null => null

// ---- Waiting (node:timers/promises) ----

/** How far the clock of an actor jumps if it wakes up late: beyond every deadline of that loop. */
const LATE_MS: Readonly<Record<string, number>> = {
  'act/acquire-lock.js': 31_000,
  'client/await-holder.js': 26_000,
  'act/poll-until.js': 16_000,
}

/** The pause of one module. Returns when the exploration wakes the actor: after its pause, or much later. */
export const sleepIn = (module: string) => async (): Promise<void> => {
  if ((await effects.async('sleep', module)) === 'late') effects.clock.now += LATE_MS[module] ?? 60_000
}

// ---- Asking a daemon (observe/handshake.js, observe/http.js) ----

export async function handshake(_family: unknown, record: DaemonRecord, timeoutMs = 1_000) {
  const said = textOf(await effects.async('handshake', record.pid, record.port))
  if (said === 'late') {
    effects.clock.now += timeoutMs
    return { outcome: 'no_response' }
  }
  if (!said.startsWith('proven:')) return { outcome: said }
  return {
    outcome: 'proven',
    report: reportOf(record.pid ?? 0, record.port, Number(said.slice(7))) satisfies SelfReport,
  }
}
interface Asked {
  readonly port: number
  readonly timeoutMs: number
  readonly headers: { readonly authorization: string }
}
export async function request({ port, timeoutMs, headers }: Asked) {
  const said = await effects.async('shutdown', Number(headers.authorization.replace(/\D/g, '')), port)
  if (said === 'late') effects.clock.now += timeoutMs
  if (said === 'late' || said === null) return null
  return { status: said, json: said === 202 ? { drain_ms: 5_000 } : {} }
}

// ---- Starting a daemon (node:child_process, node:events, protocol/startup-pipe.js) ----

interface Child {
  readonly pid: number
  readonly stdio: readonly unknown[]
  exitCode: number | null
  readonly signalCode: null
  readonly ref: () => void
  readonly unref: () => void
}

export function spawn(): Child {
  const pid = Number(effects.sync('spawn'))
  return {
    pid,
    stdio: [null, null, null, {}],
    exitCode: null,
    signalCode: null,
    ref: () => undefined,
    unref: () => undefined,
  }
}
export const spawnSync = () => ({ status: 0, signal: null })
export async function once(child: Child, event: string): Promise<unknown> {
  if (event === 'spawn') return []
  if ((await effects.async('child.exit', child.pid)) === 'late') throw new Error('it is still there')
  child.exitCode = 0
  return [0]
}

export const STARTUP_PIPE_FD = 3
export const STARTUP_PIPE_MS = 10_000

function messageOf(tag: string): unknown {
  const [kind = '', more = ''] = tag.split(' ')
  if (kind === 'hello') return { reason: 'first_start', previous_version: null, pid: 0, timing: {} }
  if (kind === 'error') return { error: { code: more, message: more, retry: true } }
  return { [kind]: kind === 'ready' ? {} : true }
}
export function jsonLines() {
  let isOpen = true
  return {
    receive: async (timeoutMs: number) => {
      const said = isOpen ? await effects.async('pipe.receive') : null
      if (said === 'late') effects.clock.now += timeoutMs
      return said === 'late' || said === null ? null : messageOf(textOf(said))
    },
    send: (message: Readonly<Record<string, unknown>>) => {
      if (isOpen) effects.sync('pipe.send', tagOf(message))
    },
    close: () => {
      if (isOpen) effects.sync('pipe.close')
      isOpen = false
    },
  }
}
export const openStartupPipe = () => jsonLines()

// ---- The daemon's own (daemon/http-server.js, daemon/bind-port.js, log, places) ----

type Route = (request: { readonly body: unknown }) => Promise<{ readonly status: number }>

export function createDaemonServer({ routes }: { readonly routes: Readonly<Record<string, Route>> }) {
  const [leave] = Object.values(routes)
  effects.events.set('shutdown', () => leave?.({ body: { reason: 'version_mismatch' } }))
  return { server: {}, stopListening: () => void effects.sync('unlisten'), promised: () => 0 }
}
export const loadHandlers = async (): Promise<void> => undefined
export const bindInRange = async (): Promise<number> => Number(await effects.async('bind'))
export const randomBytes = () => ({ toString: () => `token-${effects.self.pid}` })
export const openLog = (path: string): Log => ({
  path,
  limit: () => undefined,
  // A daemon logs what fails on a tick, and goes on. Here that would hide that a replacement lacks something.
  write: (event, more) => {
    if (/^(?:Type|Reference)Error\b/.test(String(more?.['why'])))
      effects.fail(`${event}: ${String(more?.['why'])}`)
  },
})
export const watchScope = () => () => effects.situation.scope
export const makeDirectory = (): void => undefined
export const assertOwnScope = (): void => undefined
export const assertScopeThere = () => () => undefined
export const assertCanWrite = (): void => undefined
export const inheritedDescriptors = (): readonly string[] => []
export const closeInherited = (): void => undefined
export const openLogFile = (): null => null
export const endOfLog = (): string => ''
export const placeInLog = (): null => null
/** Commands are never suspended in the exploration. */
export const watchPauses = () => ({ longestMs: () => 0, stop: () => undefined })
export const cleanUp = (): never => {
  throw new Error('the range is never full here')
}
/** Another part proves the clean-up of stale siblings; here a daemon has none. */
export const watchSiblings = () => ({ request: () => undefined, tick: async () => undefined })
