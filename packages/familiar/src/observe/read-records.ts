import { join, relative, sep } from 'node:path'
import type { Family, ScopeFiles } from '../family.js'
import { parseHolder, type ToldHolder } from '../protocol/lock-holder.js'
import { objectOf, parseJson, stringOf } from '../json.js'
import { parseRecord, type DaemonRecord, type RecordRead } from '../protocol/record.js'
import type { SelfReport } from '../protocol/self-report.js'
import type { ScopeSnapshot } from '../classify/observation.js'
import { directoryName, peek, type PeekRequest } from './peek.js'
import { readSmallFile, type PeekedFile } from './small-file.js'
import { mayRead } from './platform/mounts.js'
import type { Platform } from './platform/platform.js'

/** The question to the child process that reads scopes. */
export interface ScopesQuestion {
  readonly scopes: readonly PeekRequest[]
  /** The processes that are likely to hold the locks of these scopes. */
  readonly pids: readonly number[]
  /** The file of the lock library, if a lock must be tried to find out whether it is held; null if the kernel reports that. */
  readonly nativeLocks: string | null
  readonly removals?: readonly Removal[]
}

/** Asks whether a path was removed since `sinceMs` (milliseconds since 1970); null if that time is unknown. */
export interface Removal {
  readonly path: string
  readonly sinceMs: number | null
}

/** The reply about a path that is proven to have been removed. There is none about any other. */
export interface RemovalReply {
  readonly removed: string
}

/**
 * Prefix of every reply of the child process that reads scopes. It distinguishes a reply from other output on stdout,
 * for example the output of a preloaded module.
 */
export const REPLY = 'familiar:'

/** One scope as the child process read it. */
export interface ScopeReply {
  readonly scope: string
  readonly view: PeekedScope
}

/**
 * A scope as it was read, before its records are parsed. The child process cannot parse them, because only its parent
 * knows the family.
 */
export type PeekedScope = Omit<ScopeSnapshot, 'records'> & { readonly records: readonly PeekedFile[] }

/**
 * A scope as its files describe it. The kernel has not been asked yet which process holds the daemon lock; `told` is the
 * holder that the lock file names.
 */
export type UnlockedView = Omit<ScopeSnapshot, 'lockHolder'> & { readonly told: ToldHolder }

/** Reads the caller's own scope in this process. Blocks for as long as the file system does. */
export function readScope(family: Family, scope: string): UnlockedView {
  const { daemonLock, records, ...view } = peek(requestFor(family, scope))
  const reads = records.map((file) => ofScope(withToken(family, toRecord(family, file)), view.real ?? scope))
  const isLeft = isLeftBehind(family, view.gone)
  return { ...view, records: isLeft ? reads.map(absent) : reads, told: isLeft ? null : toldIn(daemonLock) }
}

/** Reads a scope, and asks the kernel which process holds its lock. */
export async function viewScope(
  request: PeekRequest,
  pids: readonly number[],
  { lockHolder: find }: Pick<Platform, 'lockHolder'>,
): Promise<PeekedScope> {
  const { daemonLock, ...view } = peek(request)
  const lockHolder = await find(request.daemonLock, toldIn(daemonLock), pids)
  return { ...view, lockHolder }
}

/** Parses the records of a scope that was read. */
export function snapshotOf(family: Family, view: PeekedScope): ScopeSnapshot {
  const records = view.records.map((file) => toRecord(family, file))
  if (!isLeftBehind(family, view.gone)) return { ...view, records }
  return { ...view, records: records.map(absent), lockHolder: null }
}

/**
 * Returns whether to ignore the files that a scope has outside its directory: the directory is gone, and commands of this
 * family never create it again (`scopeMustExist`). Files inside the directory are gone with it.
 */
function isLeftBehind({ scopeMustExist }: Family, gone: boolean | null): boolean {
  return scopeMustExist === true && gone === true
}

function absent(): RecordRead {
  return { state: 'absent' }
}

/**
 * Returns our own record of the scope. Null if there is none, if it cannot be read, or if the file contains a
 * predecessor's record or the record of another scope.
 */
export function readOwnRecord(family: Family, scope: string): DaemonRecord | null {
  const read = ofScope(withToken(family, readRecord(family, family.files(scope).record)), scope)
  if (read.state !== 'readable' || read.record.implementation !== 'own') return null
  return read.record.scope === scope ? read.record : null
}

/**
 * Returns the predecessor's record of the scope. Null if there is none, if it cannot be read, or if a record file of ours
 * exists, because commands do not use a predecessor's daemon then.
 */
export function readPredecessorRecord(family: Family, scope: string): DaemonRecord | null {
  const { record, predecessorRecords } = family.files(scope)
  const reads = [...new Set([record, ...predecessorRecords])].map((path) => readRecord(family, path))
  const counting = reads.find((read) => read.state !== 'absent')
  if (counting?.state !== 'readable' || counting.record.implementation !== 'predecessor') return null
  return counting.record
}

/** Returns the path of the token file of a daemon whose record must not contain the token. */
export function tokenFile(directory: string, instanceId: string): string {
  return join(directory, `${instanceId}.json`)
}

/**
 * Returns the names of the entries of the scope's directory that our own daemon creates: its files, or the directories
 * around them.
 */
function ownEntries(files: ScopeFiles, scope: string): readonly string[] {
  const paths = [files.record, files.lifecycleLock, files.daemonLock, files.log]
  return [...new Set(paths.map((path) => relative(scope, path).split(sep)[0] ?? ''))]
}

/** Returns the paths to read for a scope. */
export function requestFor(family: Family, scope: string): PeekRequest {
  const files = family.files(scope)
  return {
    scope,
    records: [...new Set([files.record, ...files.predecessorRecords])],
    sharedOwner: files.sharedOwner,
    daemonLock: files.daemonLock,
    ownEntries: ownEntries(files, scope),
  }
}

/**
 * Adds the token to a record that does not contain it, if its token file exists. That file must name the same pid and
 * start time as the record. A daemon that was started with another home directory has its token file in that home, so it
 * is not found here. The instance id is checked because it becomes a part of the file name, and the record that it comes
 * from may be forged.
 */
function withToken({ tokenDirectory }: Family, read: RecordRead): RecordRead {
  if (tokenDirectory === null || read.state !== 'readable') return read
  const { record } = read
  if (record.token !== null || record.instanceId === null || !/^[0-9a-f]{32}$/.test(record.instanceId))
    return read
  const file = readSmallFile(tokenFile(tokenDirectory, record.instanceId))
  const json = file.state === 'text' ? objectOf(parseJson(file.text)) : null
  if (json === null || json['pid'] !== record.pid || json['birth'] !== record.startTime) return read
  return { state: 'readable', record: { ...record, token: stringOf(json['token']) } }
}

/**
 * Returns whether a daemon serves the scope at this path, or reports none. Its path is not enough: after a home was copied
 * and the copy put in its place, or in another root directory or mount namespace, the same path leads to another directory.
 */
export function isOfScope({ scope, directory = null }: SelfReport, path: string): boolean {
  if (scope !== null && !isSameScope(scope, path)) return false
  const here = directory === null ? null : directoryName(path)
  return here === null || here === directory
}

/**
 * Returns whether a path that a record or a process names leads to the scope `own`. A bind mount gives one directory two
 * real paths. A path that leads through a file system that may hang counts as another scope: it is not read.
 */
export function isSameScope(named: string, own: string): boolean {
  if (named === own) return true
  if (!mayRead(named, own)) return false
  const name = directoryName(named)
  return name !== null && name === directoryName(own)
}

/**
 * Treats a record that names this directory by another path as a record of this scope. The record in a copied directory
 * names the original directory, so it stays a record of another scope.
 */
function ofScope(read: RecordRead, scope: string): RecordRead {
  if (read.state !== 'readable' || read.record.scope === null || read.record.scope === scope) return read
  return isSameScope(read.record.scope, scope) ? { ...read, record: { ...read.record, scope } } : read
}

function toldIn(lock: PeekedFile): ToldHolder {
  return lock.state === 'text' ? parseHolder(lock.text) : null
}

/** Reads and parses a record, ours or a predecessor's. */
export function readRecord(family: Family, path: string): RecordRead {
  return toRecord(family, readSmallFile(path))
}

/** Parses the content of a record file. */
export function toRecord({ predecessors }: Pick<Family, 'predecessors'>, file: PeekedFile): RecordRead {
  return file.state === 'text'
    ? parseRecord(
        file.text,
        predecessors.map(({ parseRecord: parse }) => parse),
      )
    : file
}
