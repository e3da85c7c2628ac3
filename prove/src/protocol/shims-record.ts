/** The exploration's replacement for the record (observe/read-records.js, act/record-file.js). See shims.ts. */
import type { DaemonRecord, OwnRecord, RecordRead } from '../../../packages/familiar/dist/protocol/record.js'
import type { Effects, RecordView } from './effects.js'
import { HOST, SCOPE, versionText } from './scene.js'

declare const effects: Effects

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
export function readOf(found: RecordView | null): RecordRead {
  return found === null ? { state: 'absent' } : { state: 'readable', record: recordOfView(found) }
}
export const readPredecessorRecord = (): null => null
export const isSameScope = (one: string, other: string): boolean => one === other
export const readSmallFile = () => ({ state: 'absent' })
export const isGone = (): boolean => false
export const isGoneSince = (): boolean => isGone()
export const realPath = (path: string): string => path
export const directoryName = (path: string): string => path

/** The text that this daemon wrote last. */
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
/**
 * A waiting command asks again only if the record was written again. Here it asks every time, which has the same effect
 * as waking up later.
 */
export const statSync = () => ({ ino: (asked += 1), mtimeMs: 0 })
export const tidyCopies = (): void => undefined
export const quarantine = (): null => null
export const watch = () => ({ on: () => undefined, close: () => undefined })
