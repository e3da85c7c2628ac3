import { countOf, objectOf, parseJson, pidOf, portOf, stringOf, type JsonObject } from '../json.js'
import { UNKNOWN_NAMESPACE, type Host } from '../identity/machine.js'
import type { Implementation } from '../identity/spawn-shape.js'

/** A scope's record, in which its daemon states who it is. */
export interface DaemonRecord {
  readonly implementation: Implementation
  /** The scope that the record belongs to; null in a predecessor's record, which does not name it. */
  readonly scope: string | null
  readonly pid: number | null
  readonly startTime: string | null
  readonly port: number
  /** Null if the token is kept in another file (`Family.tokenDirectory`) and was not found there. */
  readonly token: string | null
  readonly running: boolean
  readonly packageVersion: string | null
  readonly protocolVersion: number | null
  readonly buildTime: string | null
  readonly executable: string | null
  /** The machine, boot and pid namespace in which `pid` is valid; null in a predecessor's record. */
  readonly hostId: string | null
  readonly bootId: string | null
  readonly pidNamespace: string | null
  readonly startedAt: string | null
  readonly instanceId: string | null
  readonly stopReason: string | null
  readonly stoppedAt: string | null
}

/**
 * The record as our daemon writes it. The name and the meaning of a field must never change, because a later version
 * must be able to read the record of an earlier one.
 */
export interface OwnRecord {
  readonly schema: 1
  readonly family: string
  readonly scope: string
  readonly pid: number
  readonly birth: string
  readonly boot_id: string
  readonly host_id: string
  readonly pid_namespace: string
  readonly host: '127.0.0.1'
  readonly port: number
  readonly url: string
  /** Omitted if other people may be able to read the record (`Family.tokenDirectory`). */
  readonly token?: string
  readonly package_version: string
  readonly protocol_version: number
  readonly build_time: string | null
  readonly executable: string
  readonly started_at: string
  readonly instance_id: string
  readonly state: 'running' | 'stopped'
  /**
   * This field and `stopped_at` describe the last stop of a daemon of this scope. While this daemon runs, that is the
   * previous daemon.
   */
  readonly stop_reason: string | null
  readonly stopped_at: string | null
}

/** The stop reason of a daemon that a user has stopped with a command. */
export const OPERATOR_STOP = 'operator_stop'

/** Absent, unreadable and malformed are three different states: only `absent` means that nothing is recorded. */
export type RecordRead =
  | { readonly state: 'absent' }
  | { readonly state: 'readable'; readonly record: DaemonRecord }
  | { readonly state: 'malformed'; readonly why: string }
  | { readonly state: 'unreadable'; readonly why: string }

/** The content of a predecessor's record. */
export interface PredecessorRecord {
  /** Null if the record contains no pid, because some versions of a predecessor did not write it. */
  readonly pid: number | null
  readonly port: number
  readonly token: string
}

/** Parses a predecessor's record. Returns null if the text is not such a record. */
export type ParsePredecessor = (text: string) => PredecessorRecord | null

/**
 * Parses a record: our own or, if it is not ours, that of the first predecessor that recognises it. A JSON object with
 * the member `schema` can only be ours. Everything else is malformed; nothing is guessed.
 */
export function parseRecord(text: string, predecessors: readonly ParsePredecessor[]): RecordRead {
  const json = objectOf(parseJson(text))
  const own = json === null ? null : parseOwn(json)
  const record = own ?? (json !== null && 'schema' in json ? null : parsePredecessors(text, predecessors))
  return record === null
    ? { state: 'malformed', why: text.trim() === '' ? 'it is empty' : 'its content is no record' }
    : { state: 'readable', record }
}

function parsePredecessors(text: string, predecessors: readonly ParsePredecessor[]): DaemonRecord | null {
  return ofPredecessor(
    predecessors.reduce<PredecessorRecord | null>((found, parse) => found ?? parse(text), null),
  )
}

function parseOwn(json: JsonObject): DaemonRecord | null {
  const scope = stringOf(json['scope'])
  const pid = pidOf(json['pid'])
  const startTime = stringOf(json['birth'])
  const port = portOf(json['port'])
  const token = stringOf(json['token'])
  const state = json['state']
  if (scope === null || pid === null || startTime === null || port === null) return null
  if (token === null && 'token' in json) return null
  if (state !== 'running' && state !== 'stopped') return null
  return {
    implementation: 'own',
    scope,
    pid,
    startTime,
    port,
    token,
    running: state === 'running',
    packageVersion: stringOf(json['package_version']),
    protocolVersion: countOf(json['protocol_version']),
    buildTime: stringOf(json['build_time']),
    executable: stringOf(json['executable']),
    hostId: stringOf(json['host_id']),
    bootId: stringOf(json['boot_id']),
    pidNamespace: stringOf(json['pid_namespace']),
    startedAt: stringOf(json['started_at']),
    instanceId: stringOf(json['instance_id']),
    stopReason: stringOf(json['stop_reason']),
    stoppedAt: stringOf(json['stopped_at']),
  }
}

function ofPredecessor(found: PredecessorRecord | null): DaemonRecord | null {
  if (found === null) return null
  return {
    implementation: 'predecessor',
    scope: null,
    pid: found.pid,
    startTime: null,
    port: found.port,
    token: found.token,
    running: true,
    packageVersion: null,
    protocolVersion: null,
    buildTime: null,
    executable: null,
    hostId: null,
    bootId: null,
    pidNamespace: null,
    startedAt: null,
    instanceId: null,
    stopReason: null,
    stoppedAt: null,
  }
}

/** The machine, boot and pid namespace in which a pid is valid. */
export type Machine = Pick<Host, 'hostId' | 'bootId' | 'pidNamespace'>

/**
 * Returns whether the pid in a record may belong to another machine, or to another pid namespace since this boot: it does,
 * or only one of the two namespaces is known. Then the pid proves nothing here. Two that are not known count as the same, as
 * on a kernel without pid namespaces: whoever needs to be sure uses `isSameNamespace`. False for a predecessor's record, which does
 * not say. The host id takes longer to compute than the rest, so it is compared only if the boot ids differ. Pure.
 */
export function mayBeOfElsewhere(record: DaemonRecord, machine: Machine): boolean {
  if (record.implementation === 'predecessor' || record.hostId === null) return false
  return record.bootId === machine.bootId
    ? record.pidNamespace !== machine.pidNamespace
    : record.hostId !== machine.hostId
}

/**
 * Returns whether the record is known to be of elsewhere. Where a namespace is not known, the daemon may still be asked to
 * prove that it has the record's token: that proof needs no pid. Pure.
 */
export function isOfElsewhere(record: DaemonRecord, machine: Machine): boolean {
  const isKnown = ![record.pidNamespace, machine.pidNamespace].includes(UNKNOWN_NAMESPACE)
  return mayBeOfElsewhere(record, machine) && (isKnown || record.bootId !== machine.bootId)
}
