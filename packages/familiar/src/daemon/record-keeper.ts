import { watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { HeldLock } from '../act/acquire-lock.js'
import { tidyCopies } from '../act/quarantine.js'
import { markStopped, readOnDisk, writeRecord } from '../act/record-file.js'
import type { DaemonRecord, OwnRecord } from '../protocol/record.js'
import type { Family } from '../family.js'
import { readRecord } from '../observe/read-records.js'
import { rateLimit } from './rate-limit.js'
import type { Log } from './log.js'
import { judge, otherNamed, type Verdict } from './record-verdict.js'

/** How long after the first change the record is checked, because changes of a directory come in bursts. */
const SETTLE_MS = 100

/** Text that is not a record counts as damaged only after this time, because another process may still be writing it. */
const DAMAGED_MS = 300

/** How often a repeatedly damaged record is rewritten without delay; after that, once a second. */
const DAMAGED_BURST = 10
const DAMAGED_EVERY_MS = 1_000

/** Keeps the record of the scope correct while its daemon lives. */
export interface RecordKeeper {
  /**
   * Writes the record again if it vanished, was changed or damaged, or names a daemon that does not run. Leaves it alone
   * if it names another live daemon. Throws `E_RESOURCES` for lack of file descriptors or memory, without a conclusion
   * and without writing anything.
   */
  check(): Promise<void>
  /** The other live daemon that the record named at the last check, or null. */
  readonly rival: () => DaemonRecord | null
  stop(reason: string): void
}

export interface KeeperOptions {
  readonly family: Family
  readonly lock: HeldLock
  readonly path: string
  readonly record: OwnRecord
  readonly log: Log
  /** Returns whether the process that a record names is a living daemon of this scope. */
  readonly lives: (named: DaemonRecord) => Promise<boolean>
  readonly mayWrite: () => boolean
  /** Called if this daemon may not write the record: whether the record has vanished or names another daemon by now. */
  readonly onLost?: () => void
  /** The minimum time between two overwrites of a well-formed record that names another daemon. */
  readonly overwriteEveryMs: number
}

/**
 * Writes the record and keeps it correct. The holder of the daemon lock *is* the singleton, so it writes a vanished or
 * damaged record again: within a second if the directory can be watched, otherwise on the next tick. Keeps a copy of
 * damaged text, without tokens.
 */
export function keepRecord(options: KeeperOptions): RecordKeeper {
  const { family, lock, path, record, log, lives, mayWrite } = options
  const mayRepair = rateLimit(DAMAGED_BURST, DAMAGED_EVERY_MS)
  const mayOverwrite = rateLimit(1, options.overwriteEveryMs)
  let rival: DaemonRecord | null = null
  let isStopped = false
  let retry: NodeJS.Timeout | undefined

  const check = async (): Promise<void> => {
    watcher ??= watchDirectory(path, quietly)
    if (isStopped) return
    if (!mayWrite()) return options.onLost?.()
    const found = readOnDisk(path)
    const verdict = judge(family, found, record, written.stamp)
    if (verdict === 'unknown') return
    if (verdict === 'right') return void (rival = null)
    if (verdict === 'damaged') await sleep(DAMAGED_MS)
    const other = verdict === 'foreign' ? otherNamed(family, found.file, record) : null
    rival = other !== null && (await lives(other)) ? other : null
    // Another check may have rewritten the record during the wait, or another process may have finished writing it.
    if (rival !== null || isStopped || !mayWrite() || !isDeepStrictEqual(readOnDisk(path), found)) return
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
  let written = writeRecord(lock, path, record, !isReplaceable(family, path))
  if (written.aside !== null) log.write('record_set_aside', { aside: written.aside })
  let watcher = watchDirectory(path, quietly)
  return {
    check,
    rival: () => rival,
    stop: (reason) => {
      isStopped = true
      clearTimeout(retry)
      watcher?.close()
      if (mayWrite()) markStopped(lock, path, { pid: record.pid, startTime: record.birth }, reason)
    },
  }
}

/** Only a record that is absent or well-formed may be overwritten without keeping a copy. */
function isReplaceable(family: Family, path: string): boolean {
  const { state } = readRecord(family, path)
  return state === 'absent' || state === 'readable'
}

/**
 * Returns null if the directory cannot be watched (no file descriptors left, or a file system without events). Then the
 * record is checked only on ticks.
 */
function watchDirectory(path: string, onChange: () => void): FSWatcher | null {
  let timer: NodeJS.Timeout | null = null
  // An event about the directory itself, which was moved or removed, has the name of the directory.
  const telling = new Set([basename(path), basename(dirname(path))])
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      // Events of other files are ignored, because locks, the log and the tool's own files change much more often than
      // the record.
      if (name !== null && !telling.has(name)) return
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
