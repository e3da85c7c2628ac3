/**
 * The modules with effects, as the exploration replaces them: each effect becomes a call of `effects`, and everything else
 * of the protocol is the shipped code. `bundle.ts` says which module is replaced; this file has the names of all of them.
 * It runs only inside a bundle, where `effects` is a parameter.
 */
import { textOf, type Effects, type RecordView, type ScanView } from './effects.js'
import { classify } from '../../../packages/familiar/dist/classify/classify.js'
import { factsOf } from '../../../packages/familiar/dist/classify/derive-facts.js'
import type { Observation, ScanContext } from '../../../packages/familiar/dist/classify/observation.js'
import type { Family } from '../../../packages/familiar/dist/family.js'
import type { Host, ProcessView } from '../../../packages/familiar/dist/identity/machine.js'
import { matchShapes } from '../../../packages/familiar/dist/identity/spawn-shape.js'
import { prove } from '../../../packages/familiar/dist/observe/prove-process.js'
import type { Platform } from '../../../packages/familiar/dist/observe/platform/platform.js'
import type { Scan } from '../../../packages/familiar/dist/observe/scan.js'
import type { DaemonRecord, OwnRecord, RecordRead } from '../../../packages/familiar/dist/protocol/record.js'
import type { SelfReport } from '../../../packages/familiar/dist/protocol/self-report.js'
import { commandOf, fileOf, HOST, reportOf, SCOPE, versionText } from './scene.js'

export { family, SCOPE, versionText } from './scene.js'

declare const effects: Effects

// ---- The kernel's locks (act/lock-file.js, act/safe-file.js, node:fs) ----

/** An open lock file. `probe`: only to see whether it is held; it is closed at once. */
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
/** For a mutant: a lock that is the text of a file, judged stale if its writer is gone. */
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

/** How far the clock of an actor jumps when it wakes late: beyond every deadline of that loop. */
const LATE_MS: Readonly<Record<string, number>> = {
  'act/acquire-lock.js': 31_000,
  'client/await-holder.js': 26_000,
  'act/terminate-process.js': 16_000,
}

/** The pause of one module. Returns once the actor is chosen to wake: after its pause, or much later. */
export const sleepIn = (module: string) => async (): Promise<void> => {
  if ((await effects.async('sleep', module)) === 'late') effects.clock.now += LATE_MS[module] ?? 60_000
}

// ---- The record (observe/read-records.js, act/record-file.js) ----

function recordOfView({ pid, port, version, state, reason }: RecordView): DaemonRecord {
  return {
    implementation: 'own',
    scope: SCOPE,
    pid,
    startTime: `start-${pid}`,
    port,
    token: `token-${pid}`,
    running: state === 'running',
    packageVersion: versionText(version),
    protocolVersion: 1,
    buildTime: null,
    executable: 'node',
    hostId: HOST.hostId,
    bootId: HOST.bootId,
    pidNamespace: HOST.pidNamespace,
    startedAt: null,
    instanceId: `instance-${pid}`,
    stopReason: reason,
    stoppedAt: null,
  }
}

const view = (): RecordView | null => effects.sync('record.read') as RecordView | null

export function readOwnRecord(): DaemonRecord | null {
  const found = view()
  return found === null ? null : recordOfView(found)
}
export function readRecord(): RecordRead {
  return readOf(view())
}
function readOf(found: RecordView | null): RecordRead {
  return found === null ? { state: 'absent' } : { state: 'readable', record: recordOfView(found) }
}
export const readPredecessorRecord = (): null => null
export const isSameScope = (one: string, other: string): boolean => one === other
export const readSmallFile = () => ({ state: 'absent' })
export const isGone = (): boolean => false
export const realPath = (path: string): string => path
export const directoryName = (path: string): string => path

/** The text that this daemon has written last. */
let own: OwnRecord | null = null

export const formatRecord = (record: OwnRecord): string => `${JSON.stringify(record, null, 2)}\n`
export function writeRecord(_lock: unknown, _path: string, record: OwnRecord) {
  own = record
  effects.sync('record.write', record.pid, record.port)
  return { stamp: { file: 'own', access: 'own' }, aside: null }
}
export function markStopped(_lock: unknown, _path: string, named: { pid: number }, reason: string): boolean {
  return effects.sync('record.mark', named.pid, reason) === true
}
export function readOnDisk() {
  const found = effects.sync('record.disk') as RecordView | null
  if (found === null) return { file: { state: 'absent' }, stamp: null }
  const isOwn = found.pid === effects.self.pid && found.state === 'running' && own !== null
  const text = isOwn ? formatRecord(own as OwnRecord) : JSON.stringify(otherRecord(found))
  const stamp = isOwn ? 'own' : `other-${found.pid}`
  return { file: { state: 'text', text }, stamp: { file: stamp, access: 'own' } }
}
function otherRecord({ pid, port, version, state, reason }: RecordView) {
  return {
    ...own,
    pid,
    birth: `start-${pid}`,
    port,
    token: `token-${pid}`,
    package_version: versionText(version),
    instance_id: `instance-${pid}`,
    state,
    stop_reason: reason,
  }
}
export function toRecord(
  _family: unknown,
  file: { readonly state: string; readonly text?: string },
): RecordRead {
  if (file.state !== 'text') return { state: 'absent' }
  const json = JSON.parse(file.text ?? '') as OwnRecord
  const version = Number(json.package_version.split('.')[0])
  return readOf({ pid: json.pid, port: json.port, version, state: json.state, reason: json.stop_reason })
}
let asked = 0
/** A waiter asks again only if the record was written again. Here it asks every time: to ask later is to wake later. */
export const statSync = () => ({ ino: (asked += 1), mtimeMs: 0 })
export const tidyCopies = (): void => undefined
export const quarantine = (): null => null
export const watch = () => ({ on: () => undefined, close: () => undefined })

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

// ---- The machine (the platform, observe/scan.js, process.kill) ----

function processOf(pid: number, version: number, isStranger = false): ProcessView {
  return {
    pid,
    parent: 1,
    startTime: isStranger ? `later-${pid}` : `start-${pid}`,
    user: HOST.user,
    command: { args: isStranger ? ['editor'] : commandOf(version) },
    executable: 'node',
    executableGone: false,
    workingDirectoryGone: false,
    workingDirectory: SCOPE,
    namespaces: HOST.namespaces,
    networkNamespace: HOST.networkNamespace,
    ageSeconds: 1,
    startedAt: null,
    memoryBytes: null,
    cpuSeconds: 0,
  }
}

async function inspect(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessView>> {
  const { pid, version } = effects.self
  if (pids.every((one) => one === pid)) return new Map([[pid, processOf(pid, version)]])
  const others = pids.filter((one) => one !== pid)
  const found = (await effects.async('inspect', ...others)) as readonly (readonly [number, number])[]
  const seen = found.map(([one, kind]) => [one, processOf(one, Math.abs(kind), kind < 0)] as const)
  return new Map([...(pids.includes(pid) ? [[pid, processOf(pid, version)] as const] : []), ...seen])
}

export const platform: Platform = {
  name: 'linux',
  host: async (): Promise<Host> => ({ ...HOST, pid: effects.self.pid }),
  listeners: async ({ from }) => {
    const found = (await effects.async('listeners', from)) as readonly number[]
    return found.map((pid) => listenerOf(pid, from))
  },
  holders: async () => new Map(),
  matching: async () => null,
  inspect,
  startTimes: async () => new Map(),
  lockHolder: async () => {
    const pid = (await effects.async('lock.holder')) as number | null
    return pid === null ? null : { pid, startTime: `start-${pid}` }
  },
  environment: async () => null,
}

function listenerOf(pid: number, port: number) {
  return { port, address: '127.0.0.1', socket: `socket-${pid}`, user: HOST.user, pid }
}

/** One look at all of it: what the shipped code concludes from it (facts, verdict, proof) is the shipped code's. */
export async function scan(family: Family): Promise<Scan> {
  const { record, holder, daemons } = (await effects.async('scan')) as ScanView
  const here = {
    real: SCOPE,
    gone: false,
    emptyForSeconds: null,
    records: [readOf(record)],
    sharedOwnerPresent: null,
    owner: HOST.user,
    directory: SCOPE,
    lockTouchedAt: null,
    lockHolder: holder === null ? null : { pid: holder, startTime: `start-${holder}` },
  }
  const alive = new Map(daemons.map(({ pid, version }) => [pid, processOf(pid, version)]))
  const { user, namespaces, networkNamespace } = HOST
  const host = { ...HOST, pid: effects.self.pid }
  const context: ScanContext = {
    user,
    namespaces,
    networkNamespace,
    machine: host,
    here,
    scopes: new Map([[SCOPE, here]]),
    alive,
  }
  const seen = daemons.map(({ pid, version, port }): Observation => {
    const process = processOf(pid, version)
    return {
      port,
      listeners: [listenerOf(pid, port)],
      pid,
      process,
      answer: 'self_report',
      report: reportOf(pid, port, version),
      shape: process.command === null ? null : matchShapes(family.shapes, process.command),
      otherFamily: null,
      ownsToken: record?.pid === pid,
      forkedFrom: [],
      namedScopes: [SCOPE],
    }
  })
  const candidates = seen.map((observation) => {
    const facts = factsOf(family, observation, context, seen)
    const verdict = classify(family.rules, family.reasonNames, facts)
    return { observation, facts, verdict, proof: prove(family, observation, facts) }
  })
  return { family, host, context, candidates }
}
export const FOREIGN_SCOPES_TIMEOUT_MS = 3_000

// ---- Starting a daemon (node:child_process, node:events, protocol/startup-pipe.js) ----

interface Child {
  readonly pid: number
  readonly stdio: readonly unknown[]
  exitCode: number | null
  readonly signalCode: null
  readonly unref: () => void
}

export function spawn(): Child {
  const pid = Number(effects.sync('spawn'))
  return { pid, stdio: [null, null, null, {}], exitCode: null, signalCode: null, unref: () => undefined }
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

/** A message on the startup pipe by its kind: nothing else of it matters to the protocol. */
function tagOf(message: Readonly<Record<string, unknown>>): string {
  if ('reason' in message) return 'hello'
  if ('error' in message) return `error ${String((message['error'] as { code: unknown }).code)}`
  return Object.keys(message)[0] ?? ''
}
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
export const openLog = () => ({ write: () => undefined })
export const watchScope = () => () => 'here'
export const makeDirectory = (): void => undefined
export const assertOwnScope = (): void => undefined
export const assertScopeThere = () => () => undefined
export const assertCanWrite = (): void => undefined
export const inheritedDescriptors = (): readonly string[] => []
export const closeInherited = (): void => undefined
export const openLogFile = (): null => null
export const endOfLog = (): string => ''
export const placeInLog = (): null => null
export const cleanUp = (): never => {
  throw new Error('the range is never full here')
}
/** The clean-up of stale siblings is another part's claim; here a daemon has none. */
export const watchSiblings = () => ({ request: () => undefined, tick: async () => undefined })
