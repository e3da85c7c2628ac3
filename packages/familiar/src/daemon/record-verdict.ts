import { isDeepStrictEqual } from 'node:util'
import { formatRecord, type Stamp, type RecordOnDisk } from '../act/record-file.js'
import { parseJson } from '../json.js'
import type { DaemonRecord, OwnRecord } from '../protocol/record.js'
import type { Family } from '../family.js'
import { toRecord } from '../observe/read-records.js'
import type { PeekedFile } from '../observe/small-file.js'

/**
 * The state of the file at the path of a daemon's own record. `right`: unchanged. `altered`: its own record in another
 * formatting, with other permissions, or with other values for this same process. `foreign`: a well-formed record of
 * another daemon. `damaged`: not a record. `unknown`: a system error, which says nothing about the record.
 */
export type Verdict = 'right' | 'unknown' | 'absent' | 'altered' | 'foreign' | 'damaged'

/** Judges the file that was found at the record's path. `written` is the stamp of the file that the daemon wrote. */
export function judge(
  family: Family,
  { file, stamp }: RecordOnDisk,
  record: OwnRecord,
  written: Stamp,
): Verdict {
  if (file.state === 'absent') return 'absent'
  if (file.state === 'unreadable') return judgeUnreadable(file.why, stamp, written)
  if (file.text === formatRecord(record)) return stamp?.access === written?.access ? 'right' : 'altered'
  const read = toRecord(family, file)
  if (read.state !== 'readable') return 'damaged'
  return isOwn(file.text, read.record, record) ? 'altered' : 'foreign'
}

/** If the unreadable file is the one that the daemon wrote, unchanged, then only its permissions can have been altered. */
function judgeUnreadable(why: string, stamp: Stamp, written: Stamp): Verdict {
  if (stamp === null) return 'unknown'
  if (stamp.file === written?.file) return stamp.access === written.access ? 'unknown' : 'altered'
  return isSystemError(why) ? 'unknown' : 'damaged'
}

/** Any errno except those that concern the file itself. */
function isSystemError(why: string): boolean {
  return (
    /^(?:E[A-Z0-9]+$|Unknown system error)/.test(why) && !['EACCES', 'EPERM', 'ELOOP', 'EISDIR'].includes(why)
  )
}

function isOwn(text: string, named: DaemonRecord, own: OwnRecord): boolean {
  const isThisProcess = named.pid === own.pid && named.startTime === own.birth && named.scope === own.scope
  return isThisProcess || isDeepStrictEqual(parseJson(text), own)
}

/**
 * Returns the other daemon that the record names as running in this scope; null if it names none. A predecessor's record
 * does not name its scope. But this one was found at the path of our own record, so it can only be about this scope.
 */
export function otherNamed(family: Family, file: PeekedFile, own: OwnRecord): DaemonRecord | null {
  const read = toRecord(family, file)
  if (read.state !== 'readable' || !read.record.running || read.record.pid === own.pid) return null
  return read.record.implementation === 'predecessor' || read.record.scope === own.scope ? read.record : null
}
