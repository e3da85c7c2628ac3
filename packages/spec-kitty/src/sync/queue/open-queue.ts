import { closeSync, existsSync, lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { CommandError, createFile, withLock } from 'familiar/cli'
import { assertOwnHome } from '../../cli/own-places.js'
import { fileAt, openAny, openReady, withLog, type Connection } from './connection.js'
import { containsSeq, newestSeq, raiseSeq, sizeOf } from './count-events.js'
import { finishKeeping, keepSize } from './damaged-note.js'
import { busy, isDamage, isLocked, queueFailure, unusable } from './queue-errors.js'
import { inTransaction, migrate } from './schema.js'
import { finishMove, quarantine, syncDirectory } from './quarantine.js'
import { loadSqlite, type Database, type Sqlite } from './sqlite.js'
import { SqliteQueue } from './sqlite-queue.js'
import { noteSize } from './note-file.js'
import { endLosses, isOlder, putNoteAside, putOlderAside, type LostEvents } from './waiting-note.js'

export { LOCK_PROBE_MS } from './sqlite-queue.js'

export interface OpenOptions {
  /** Called with one line of text if a damaged database was put aside. */
  readonly onNotice?: (message: string) => void
  /** True after `E_QUEUE_CORRUPT`: the whole file is checked, and put aside if anything in it is damaged. */
  readonly isSuspect?: boolean
  /** Called if a queue, or an older copy, is in the place of one that is gone with its events. */
  readonly onLost?: (lost: LostEvents) => void
}

/**
 * Opens the queue, and creates it if it is missing. A damaged database is put aside as a whole, and a new one is created.
 * Throws `CommandError`: `E_QUEUE_UNUSABLE`, `E_QUEUE_BUSY`, `E_QUEUE_NEWER`, `E_SQLITE_UNAVAILABLE`; the errors of
 * `withLock`; and `E_SCOPE_FOREIGN_OWNER` in another user's root, where not even root may leave files behind.
 */
export async function openQueue(path: string, options: OpenOptions = {}): Promise<SqliteQueue> {
  assertOwnHome(homeOf(path))
  const sqlite = await loadSqlite()
  try {
    const ready = options.isSuspect === true ? null : openHealthy(sqlite, path)
    const connection = ready ?? (await prepareLocked(sqlite, path, options))
    const judge = (found: Connection | null): Connection | null => judged(found, path, options)
    judge(connection)
    return new SqliteQueue(path, connection, () => judge(openReady(sqlite, path)))
  } catch (error) {
    throw queueFailure(error, path)
  }
}

/**
 * A file that was moved and put back, or restored from a copy, is not lost: it may be sent before anybody looks. An older
 * copy lacks what was queued since.
 */
function judged(
  connection: Connection | null,
  path: string,
  { onLost }: Pick<OpenOptions, 'onLost'>,
): Connection | null {
  if (connection === null) return null
  const { database } = connection
  try {
    endLosses(path, (seq) => containsSeq(database, seq))
    const lost = noticeOlder(database, path)
    if (lost !== null) onLost?.(lost)
    return connection
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * A write into an older copy overwrites what is known of what it lacks. So this throws an error if another program
 * keeps it locked. If it cannot be written for another reason, the next who opens it notices.
 */
function noticeOlder(database: Database, path: string): LostEvents | null {
  const newest = (): number | null => newestSeq(database)
  try {
    if (!isOlder(path, newest)) return null
    const older = inTransaction(database, () => {
      const found = putOlderAside(path, newest)
      if (found !== null) raiseSeq(database, found.givenSeq)
      return found
    })
    // The numbers that were raised are noted once they are committed: else, without that commit, it would be an older copy.
    if (older !== null) inTransaction(database, () => noteSize(path, sizeOf(database), newest()))
    return older?.lost ?? null
  } catch (error) {
    if (isLocked(error)) throw error
    return null
  }
}

/** Like `openQueue`, but if there is no queue, returns null and creates nothing. */
export async function openQueueIfThere(path: string, options: OpenOptions = {}): Promise<SqliteQueue | null> {
  return isThere(path) ? openQueue(path, options) : null
}

/**
 * Opens the queue only for reading. A database that is damaged or was never made ready is not changed. Returns null if
 * there is no queue, or only an empty file. `busyMs`: how long to wait for a locked one. Throws what `openQueue` throws,
 * `E_QUEUE_CORRUPT` for a damaged one, and `E_QUEUE_BUSY` for one that is not ready yet.
 */
export async function openQueueToLook(path: string, busyMs?: number): Promise<SqliteQueue | null> {
  if (!isThere(path)) return null
  const sqlite = await loadSqlite()
  try {
    const connection = openReady(sqlite, path, busyMs)
    if (connection === null && isEmpty(path)) return null
    if (connection === null) throw busy(path, 'it is not ready yet')
    return new SqliteQueue(path, connection, () => openReady(sqlite, path))
  } catch (error) {
    throw queueFailure(error, path)
  }
}

/**
 * Returns the queue at the path of one whose file was removed while it was open, with all events that the removed file
 * contains: the system keeps it until it is closed, which this does. Creates the queue if it is missing, and its directory
 * only with `mayMakeDirectory`. Throws what `openQueue` throws; the removed file then stays open.
 */
export async function replaceRemoved(
  removed: SqliteQueue,
  options: OpenOptions = {},
  mayMakeDirectory = false,
): Promise<SqliteQueue> {
  const { path } = removed
  if (!mayMakeDirectory && !existsSync(dirname(path)))
    throw unusable(path, 'its directory was removed', undefined, null)
  const next = await openQueue(path, { ...options, onLost: () => undefined })
  try {
    await next.takeOver(removed)
    // The process that made the new file has taken them for lost.
    endLosses(path, (seq) => removed.contains(seq))
  } catch (error) {
    next[Symbol.dispose]()
    throw error
  }
  removed[Symbol.dispose]()
  return next
}

/** A queue that replaces its database if it turns out to be damaged. */
export interface QueueHandle extends Disposable {
  /**
   * Calls `act` with the queue. If the database turns out to be damaged, puts it aside and calls `act` once more with a new
   * one. If its file was removed, calls `act` once more with a new one that contains its events; if it was moved, and another
   * one is at the path, with that one. This is safe, because a failed transaction has changed nothing.
   */
  use<T>(act: (queue: SqliteQueue) => T | Promise<T>): Promise<T>
}

/** Returns a handle of the queue that also replaces a damaged or removed database. Throws what `openQueue` throws. */
export async function openHandle(path: string, options: OpenOptions = {}): Promise<QueueHandle> {
  let queue = await openQueue(path, options)
  return {
    use: async (act) => {
      try {
        return await act(queue)
      } catch (error) {
        const code = error instanceof CommandError ? error.code : null
        if (code === 'E_QUEUE_CORRUPT') {
          queue[Symbol.dispose]()
          queue = await openQueue(path, { ...options, isSuspect: true })
        } else if (code === 'E_QUEUE_BUSY' && queue.lost()?.state === 'removed')
          queue = await replaceRemoved(queue, options)
        else if (code === 'E_QUEUE_BUSY' && queue.lost()?.state === 'moved') {
          queue.makeWhole()
          queue[Symbol.dispose]()
          queue = await openQueue(path, options)
        } else throw error
        return act(queue)
      }
    },
    [Symbol.dispose]: () => queue[Symbol.dispose](),
  }
}

/** Like `openHandle`, but if there is no queue, returns null and creates nothing. */
export async function openHandleIfThere(
  path: string,
  options: OpenOptions = {},
): Promise<QueueHandle | null> {
  return isThere(path) ? openHandle(path, options) : null
}

/** The queue is `daemons/sync/queue.db` in the home. */
function homeOf(path: string): string {
  return dirname(dirname(dirname(path)))
}

/**
 * Returns whether the database file is empty, as an interrupted creation leaves it. (An empty file with a WAL is another
 * case: it has lost its pages.)
 */
function isEmpty(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.size === 0
}

function isThere(path: string): boolean {
  try {
    return fileAt(path) !== null
  } catch (error) {
    throw queueFailure(error, path)
  }
}

/** Returns null for a database that is missing, older, or damaged in its first page. */
function openHealthy(sqlite: Sqlite, path: string): Connection | null {
  try {
    return openReady(sqlite, path)
  } catch (error) {
    if (isDamage(error)) return null
    throw error
  }
}

/**
 * Makes the database ready while holding a lock, so that no other process does the same. Taking the lock also creates the
 * directory (0700), never through a link.
 */
async function prepareLocked(sqlite: Sqlite, path: string, options: OpenOptions): Promise<Connection> {
  return withLock(`${path}.lock`, {}, () => Promise.resolve(prepare(sqlite, path, options)))
}

function prepare(sqlite: Sqlite, path: string, { onNotice, onLost, isSuspect }: OpenOptions): Connection {
  if (fileAt(path) === null) finishKeeping(path)
  const lost = putNoteAside(path)
  if (lost !== null) onLost?.(lost)
  if (fileAt(path) !== null && isDamaged(sqlite, path, isSuspect === true)) {
    const aside = quarantine(path)
    keepSize(path, aside)
    onNotice?.(`the queue was damaged: it was moved to ${aside}, and a new one started`)
  }
  if (fileAt(path) === null) create(path)
  const connection = openAny(sqlite, path)
  if (connection === null) throw busy(path, 'its file was removed')
  try {
    connection.database.exec('PRAGMA journal_mode = WAL')
    migrate(connection.database)
  } catch (error) {
    connection.database.close()
    throw error
  }
  const ready = withLog(connection, path)
  if (ready === null) throw busy(path, 'its file was moved or removed')
  return ready
}

/**
 * Returns whether the database is damaged. Opening it reads only the first page. With `isThorough`, the whole file is
 * checked.
 */
function isDamaged(sqlite: Sqlite, path: string, isThorough: boolean): boolean {
  let connection: Connection | null = null
  try {
    connection = openAny(sqlite, path)
    if (!isThorough || connection === null) return false
    return connection.database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'] !== 'ok'
  } catch (error) {
    if (isDamage(error)) return true
    throw error
  } finally {
    connection?.database.close()
  }
}

/** Creates the file with the right permissions, which SQLite also gives to its side files. */
function create(path: string): void {
  finishMove(path)
  closeSync(createFile(path, 0o600))
  for (let at = dirname(path), depth = 0; depth < DIRECTORIES; at = dirname(at), depth += 1) syncDirectory(at)
}

/**
 * The number of directories to sync after a creation: those that may be new (`daemons/sync`, `daemons` and the root), and
 * the one above the root, which contains the root's name.
 */
const DIRECTORIES = 4
