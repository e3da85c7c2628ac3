import type { Family } from '../family.js'
import { parseHolder } from '../identity/lock-holder.js'
import { parseRecord, type DaemonRecord, type RecordRead } from '../identity/record.js'
import type { ScopeView } from '../identity/sighting.js'
import { peek, readSmallFile, type PeekedFile, type PeekReply, type PeekRequest } from './peek.js'

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

/** Returns what of a scope is read. */
export function requestFor(family: Family, scope: string): PeekRequest {
  const files = family.files(scope)
  return {
    scope,
    records: [...new Set([files.record, files.predecessorRecord])],
    sharedOwner: files.sharedOwner,
    daemonLock: files.daemonLock,
  }
}

/** Returns the scope as what was read of it says. */
export function toView({ records, daemonLock, ...view }: PeekReply): ScopeView {
  return { ...view, records: records.map(toRecord), lockHolder: holderIn(daemonLock) }
}

function holderIn(lock: PeekedFile): ScopeView['lockHolder'] {
  if (lock.state === 'absent') return null
  return lock.state === 'text' ? parseHolder(lock.text) : 'unknown'
}

function toRecord(file: PeekedFile): RecordRead {
  return file.state === 'text' ? parseRecord(file.text) : file
}
