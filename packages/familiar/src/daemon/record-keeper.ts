import { watch, type FSWatcher } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { HeldLock } from '../act/lock.js'
import { tidyCopies } from '../act/quarantine.js'
import { markStopped, readStanding, writeRecord } from '../act/record-file.js'
import { parseRecord, type DaemonRecord, type OwnRecord } from '../identity/record.js'
import { budget } from './budget.js'
import type { Log } from './log.js'
import { judge, otherNamed, type Verdict } from './record-verdict.js'

/** Changes come in bursts; this long after the last one the record is looked at. */
const SETTLE_MS = 100

/** A text that is no record counts as damage after this time: another process may be in the middle of writing it. */
const DAMAGED_MS = 300

/** What is damaged in a loop is written again this often at once, and then once a second. */
const DAMAGED_BURST = 10
const DAMAGED_EVERY_MS = 1_000

/** Keeps the record of the scope true while its daemon lives. */
export interface RecordKeeper {
  /**
   * Writes the record again where it vanished or was damaged; does nothing where it names another live daemon. Throws
   * `E_RESOURCES` for lack of descriptors or memory: then nothing was concluded and nothing written.
   */
  check(): Promise<void>
  /** The live daemon other than this one that the record names, as it was at the last check. */
  readonly rival: () => DaemonRecord | null
  stop(reason: string): void
}

export interface KeeperOptions {
  readonly lock: HeldLock
  readonly path: string
  readonly record: OwnRecord
  readonly log: Log
  /** Whether the process that a record names is a living daemon of this scope. */
  readonly lives: (named: DaemonRecord) => Promise<boolean>
  readonly mayWrite: () => boolean
  /** At most this often a well-formed record that names another daemon is written over. */
  readonly overwriteEveryMs: number
}

/**
 * Writes the record and watches over it: whoever holds the daemon lock *is* the singleton, so a record that vanished
 * or was damaged is written again, within a second. Of damaged text a copy without tokens is kept.
 */
export function keepRecord(options: KeeperOptions): RecordKeeper {
  const { lock, path, record, log, lives, mayWrite } = options
  const mayRepair = budget(DAMAGED_BURST, DAMAGED_EVERY_MS)
  const mayOverwrite = budget(1, options.overwriteEveryMs)
  let rival: DaemonRecord | null = null
  let isStopped = false
  let retry: NodeJS.Timeout | undefined

  const check = async (): Promise<void> => {
    watcher ??= watchDirectory(path, quietly)
    if (isStopped || !mayWrite()) return
    const found = readStanding(path)
    const verdict = judge(found, record, written.stamp)
    if (verdict === 'unknown') return
    if (verdict === 'right') return void (rival = null)
    if (verdict === 'damaged') await sleep(DAMAGED_MS)
    const other = verdict === 'foreign' ? otherNamed(found.file, record) : null
    rival = other !== null && (await lives(other)) ? other : null
    // Meanwhile another check may have written the record again, or the process that was at it may have ended.
    if (rival !== null || isStopped || !mayWrite() || !isDeepStrictEqual(readStanding(path), found)) return
    const waitMs = verdict === 'foreign' ? mayOverwrite() : mayRepair()
    if (waitMs === 0) write(verdict)
    else later(waitMs)
  }
  const write = (was: Verdict): void => {
    written = writeRecord(lock, path, record, was === 'damaged')
    log.write('record_written_again', { was, aside: written.aside })
  }
  const quietly = (): void =>
    void check().catch((error: unknown) => log.write('record_failed', { why: String(error) }))
  const later = (waitMs: number): void => {
    clearTimeout(retry)
    retry = setTimeout(quietly, waitMs).unref()
  }

  tidyCopies(path)
  let written = writeRecord(lock, path, record, !isReplaceable(path))
  if (written.aside !== null) log.write('record_set_aside', { aside: written.aside })
  let watcher = watchDirectory(path, quietly)
  return {
    check,
    rival: () => rival,
    stop: (reason) => {
      isStopped = true
      clearTimeout(retry)
      watcher?.close()
      if (mayWrite()) markStopped(lock, path, record, reason)
    },
  }
}

/** Only a record that was read and understood may be written over. */
function isReplaceable(path: string): boolean {
  const { file } = readStanding(path)
  return file.state === 'absent' || (file.state === 'text' && parseRecord(file.text).state === 'readable')
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
