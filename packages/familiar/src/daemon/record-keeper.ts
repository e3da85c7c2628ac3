import { watch, type FSWatcher } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HeldLock } from '../act/lock.js'
import { markStopped, setAside, writeRecord, formatRecord } from '../act/record-file.js'
import type { DaemonRecord, OwnRecord } from '../identity/record.js'
import { parseRecord } from '../identity/record.js'
import { readSmallFile, type PeekedFile } from '../observe/peek.js'
import type { Log } from './log.js'

/** Changes come in bursts; this long after the last one the record is looked at. */
const SETTLE_MS = 100

/** A text that is no record counts as damage after this time: somebody may be in the middle of writing it. */
const DAMAGED_MS = 300

/** Keeps the record of the scope true while its daemon lives. */
export interface RecordKeeper {
  /** Writes the record again where it vanished or was damaged; does nothing where it names another live daemon. */
  check(): Promise<void>
  /** The live daemon other than this one that the record names, as it was at the last check. */
  readonly rival: () => DaemonRecord | null
  stop(reason: string): void
}

/**
 * Writes the record and watches over it: whoever holds the daemon lock *is* the singleton, so a record that vanished
 * or was damaged is written again, within a second. What stood in its place is moved aside, never overwritten.
 */
export function keepRecord(
  lock: HeldLock,
  path: string,
  record: OwnRecord,
  log: Log,
  lives: (named: DaemonRecord) => Promise<boolean>,
  mayWrite: () => boolean,
): RecordKeeper {
  let rival: DaemonRecord | null = null
  let isStopped = false
  const check = async (): Promise<void> => {
    if (isStopped || !mayWrite()) return
    const found = readSmallFile(path)
    if (found.state === 'text' && found.text === formatRecord(record)) return void (rival = null)
    if (isHalfWritten(found)) await sleep(DAMAGED_MS)
    const other = found.state === 'text' ? namedOther(found.text, record) : null
    rival = other !== null && (await lives(other)) ? other : null
    if (rival !== null || isStopped || !isStill(path, found)) return
    const aside = setAside(lock, path)
    writeRecord(lock, path, record)
    log.write('record_written_again', { was: found.state, aside })
  }
  const quietly = (): void =>
    void check().catch((error: unknown) => log.write('record_failed', { why: String(error) }))
  if (!isReplaceable(path)) log.write('record_set_aside', { aside: setAside(lock, path) })
  writeRecord(lock, path, record)
  const watcher = watchDirectory(path, quietly)
  return {
    check,
    rival: () => rival,
    stop: (reason) => {
      isStopped = true
      watcher?.close()
      if (mayWrite()) markStopped(lock, path, record, reason)
    },
  }
}

/** Only a record that was read and understood may be written over. */
function isReplaceable(path: string): boolean {
  const found = readSmallFile(path)
  return found.state === 'absent' || (found.state === 'text' && parseRecord(found.text).state === 'readable')
}

function isHalfWritten(found: PeekedFile): boolean {
  return found.state === 'text' && parseRecord(found.text).state !== 'readable'
}

/** Meanwhile another check may have written the record again, or whoever was at it may have come to its end. */
function isStill(path: string, found: PeekedFile): boolean {
  const now = readSmallFile(path)
  return now.state === 'text' && found.state === 'text' ? now.text === found.text : now.state === found.state
}

/** A predecessor's lines name no scope and no birth: where both share one file, they can only mean this scope. */
function namedOther(text: string, own: OwnRecord): DaemonRecord | null {
  const read = parseRecord(text)
  if (read.state !== 'readable' || !read.record.running || read.record.pid === own.pid) return null
  return read.record.lineage === 'predecessor' || read.record.scope === own.scope ? read.record : null
}

/** Without a watch (no descriptors left, a file system without events) the tick has to do. */
function watchDirectory(path: string, onChange: () => void): FSWatcher | null {
  let timer: NodeJS.Timeout | null = null
  try {
    const watcher = watch(dirname(path), { persistent: false }, () => {
      timer ??= setTimeout(() => {
        timer = null
        onChange()
      }, SETTLE_MS)
    })
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return null
  }
}
