import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Family } from '../family.js'
import { parseRecord, type DaemonRecord, type RecordRead } from '../identity/record.js'
import { parseHolder } from '../identity/lock-holder.js'
import type { ScopeView } from '../identity/sighting.js'
import { peek, readSmallFile, type PeekedFile, type PeekReply, type PeekRequest } from './peek.js'

const PEEK_MAIN = fileURLToPath(new URL('./peek-main.js', import.meta.url))

/** Large enough for 50 scopes with two records of 64 KiB each. */
const MAX_REPLY_BYTES = 8 * 1024 * 1024

/** A scope that was not read in time: nothing in it counts as absent. */
const UNKNOWN: ScopeView = {
  real: null,
  gone: null,
  emptyForSeconds: null,
  records: [{ state: 'unreadable', why: 'it did not answer in time' }],
  sharedOwnerPresent: null,
  lockHolder: 'unknown',
}

/** Reads the scope that is the caller's own business. May block as long as its file system does. */
export function readScope(family: Family, scope: string): ScopeView {
  return toView(peek(requestFor(family, scope)))
}

/** Returns our own record of the scope, null when it is absent, cannot be read, or is a record of another scope. */
export function readOwnRecord(family: Family, scope: string): DaemonRecord | null {
  const read = toRecord(readSmallFile(family.files(scope).record))
  if (read.state !== 'readable' || read.record.lineage !== 'own') return null
  return read.record.scope === scope ? read.record : null
}

/** Returns the predecessor's record of the scope while it counts for connecting: as long as no record of ours exists. */
export function readPredecessorRecord(family: Family, scope: string): DaemonRecord | null {
  const { record, predecessorRecord } = family.files(scope)
  const reads = [...new Set([record, predecessorRecord])].map((path) => toRecord(readSmallFile(path)))
  const counting = reads.find((read) => read.state !== 'absent')
  if (counting?.state !== 'readable' || counting.record.lineage !== 'predecessor') return null
  return counting.record
}

/**
 * Reads scopes that other processes named, in a child process: when it has not answered before the deadline, every one
 * of them is *unknown*. Never throws.
 *
 * A child, because a thread that hangs in a dead network mount would keep this process from ending. One child for
 * all: a path that hangs costs the others their answer too, which is slow to clean, but never wrong.
 */
export async function readForeignScopes(
  family: Family,
  scopes: readonly string[],
  deadline: AbortSignal,
): Promise<ReadonlyMap<string, ScopeView>> {
  if (scopes.length === 0) return new Map()
  const replies = await askChild(
    scopes.map((scope) => requestFor(family, scope)),
    deadline,
  )
  return new Map(scopes.map((scope, index) => [scope, viewOf(replies[index] ?? null)]))
}

function viewOf(reply: PeekReply | null): ScopeView {
  return reply === null ? UNKNOWN : toView(reply)
}

function askChild(
  requests: readonly PeekRequest[],
  deadline: AbortSignal,
): Promise<readonly (PeekReply | null)[]> {
  const nothing = requests.map(() => null)
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [PEEK_MAIN],
      { signal: deadline, killSignal: 'SIGKILL', maxBuffer: MAX_REPLY_BYTES },
      (error, stdout) => resolve(error === null ? (JSON.parse(stdout) as readonly PeekReply[]) : nothing),
    )
    deadline.addEventListener('abort', () => {
      child.unref()
      resolve(nothing)
    })
    child.stdin?.on('error', () => resolve(nothing))
    child.stdin?.end(JSON.stringify(requests))
  })
}

function requestFor(family: Family, scope: string): PeekRequest {
  const files = family.files(scope)
  return {
    scope,
    records: [...new Set([files.record, files.predecessorRecord])],
    sharedOwner: files.sharedOwner,
    daemonLock: files.daemonLock,
  }
}

function toView({ records, daemonLock, ...view }: PeekReply): ScopeView {
  return { ...view, records: records.map(toRecord), lockHolder: holderIn(daemonLock) }
}

function holderIn(lock: PeekedFile): ScopeView['lockHolder'] {
  if (lock.state === 'absent') return null
  return lock.state === 'text' ? parseHolder(lock.text) : 'unknown'
}

function toRecord(file: PeekedFile): RecordRead {
  return file.state === 'text' ? parseRecord(file.text) : file
}
