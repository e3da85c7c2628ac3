import { lstatSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JsonObject } from 'familiar'
import { CommandError, isProcessGone } from 'familiar/cli'
import {
  claimOf,
  claimOldest,
  free,
  freeAllOf,
  removeUnclaimed,
  settleAll,
  textOf,
  unsettledAmong,
} from './claims.js'
import { COLUMNS, DEAD_COLUMNS, decode, encode, toDeadLetter, toEvent } from './columns.js'
import { BUSY_MS, fileAt, READ_BUSY_MS, type Connection } from './connection.js'
import { containsSeq, countsOf, lastReasonOf, newestSeq, sizeOf, waitingProjects } from './count-events.js'
import { insertEvents } from './insert-events.js'
import type { LostFile } from './lost-file.js'
import { OpenFile } from './open-file.js'
import { busy, full, isProtocol, isReadOnly, queueFailure } from './queue-errors.js'
import { inTransaction } from './schema.js'
import { copyEvents } from './take-over.js'
import { noteCommitted, noteSize } from './note-file.js'
import type { Database, Row } from './sqlite.js'
import type {
  ClaimLimits,
  DeadLetter,
  NewEvent,
  Published,
  Queue,
  QueueCounts,
  QueuedEvent,
  Settled,
  Stranded,
  WaitingProject,
} from './queue-types.js'

/** The number of events that are read at once. Together they have at most 16 MiB. */
const PAGE = 64

/**
 * How often a transaction is tried: in the file that was at the path when it began and, if another file is there after
 * that, once more.
 */
const ATTEMPTS = 2

/**
 * How long SQLite itself waits for other writers in a daemon. The event loop runs between two such waits, so that the
 * daemon can answer requests.
 */
const SHORT_BUSY_MS = 50
const BETWEEN_MS = 100

/** How long a command that only looks waits for the lock, before it says that the queue is locked. */
export const LOCK_PROBE_MS = 500

/** The queue in one SQLite file. */
export class SqliteQueue implements Queue {
  readonly path: string
  readonly #open: OpenFile
  readonly #busyMs: number
  #isStuck = false

  /** `busyMs`: how long a write waits for other writers. */
  constructor(
    path: string,
    connection: Connection,
    reopen: () => Connection | null,
    busyMs: number = BUSY_MS,
  ) {
    this.path = path
    this.#busyMs = busyMs
    this.#open = new OpenFile(path, connection, reopen)
  }

  /**
   * Returns whether this queue waited in vain for a lock. It may be one that the system did not release for this process,
   * which keeps it until all connections to the file are closed. So a process that lives on closes the queue and opens it
   * again.
   */
  get isStuck(): boolean {
    return this.#isStuck
  }

  publish(events: readonly NewEvent[], maxSize: number, stranded: readonly Stranded[] = []): Published {
    const { published, newest } = this.#writeAtOnce((database) => {
      const before = newestSeq(database)
      const { added, ...found } = insertEvents(database, events, stranded)
      if (found.queued === 0) return { published: found, newest: null }
      const size = sizeOf(database)
      if (added > 0 && size.waiting > maxSize) throw full(this.path, maxSize)
      noteSize(this.path, size, before)
      return { published: found, newest: newestSeq(database) }
    })
    if (newest !== null) noteCommitted(this.path, newest)
    return published
  }

  counts(): QueueCounts {
    return this.#read(countsOf)
  }

  lastReason(): string | null {
    return this.#read(lastReasonOf)
  }

  waiting(): readonly WaitingProject[] {
    return this.#read(waitingProjects)
  }

  async claim(project: string, owner: JsonObject, limits: ClaimLimits): Promise<readonly QueuedEvent[]> {
    const found = this.#read((database) => claimOf(database, project))
    const isTaken = found !== null && textOf(found.owner) !== textOf(owner)
    if (isTaken && !(await isProcessGone(found.owner))) return []
    return this.#writePatiently((database) => {
      const current = claimOf(database, project)
      // Another process has claimed events of the project meanwhile.
      if (current !== null && current.id !== found?.id) return []
      if (current !== null) free(database, current.id)
      return claimOldest(database, project, owner, limits)
    })
  }

  async dropWaiting(project: string, origins: readonly string[]): Promise<readonly string[]> {
    const found = this.#read((database) => claimOf(database, project))
    const isLeft = found !== null && (await isProcessGone(found.owner))
    return this.#writePatiently((database) => {
      if (isLeft) free(database, found.id)
      const removed = removeUnclaimed(database, project, origins)
      noteSize(this.path, sizeOf(database), newestSeq(database))
      return removed
    })
  }

  settle(owner: JsonObject, results: readonly Settled[]): Promise<void> {
    return this.#writePatiently((database) => {
      settleAll(database, owner, results)
      if (results.some(({ outcome }) => outcome !== 'keep'))
        noteSize(this.path, sizeOf(database), newestSeq(database))
    })
  }

  release(owner: JsonObject): Promise<void> {
    return this.#writePatiently((database) => freeAllOf(database, owner))
  }

  *events(): Generator<QueuedEvent> {
    const sql = `SELECT ${COLUMNS} FROM events WHERE rejected_at IS NULL AND seq > ? ORDER BY seq LIMIT ${PAGE}`
    for (const row of this.#pages(sql)) yield toEvent(row)
  }

  *deadLetters(): Generator<DeadLetter> {
    const sql = `SELECT ${DEAD_COLUMNS} FROM events WHERE rejected_at IS NOT NULL AND seq > ? ORDER BY seq LIMIT ${PAGE}`
    for (const row of this.#pages(sql)) yield toDeadLetter(row)
  }

  rejectedIds(): readonly string[] {
    const sql = 'SELECT event_id FROM events WHERE rejected_at IS NOT NULL ORDER BY seq'
    return this.#read((database) => database.prepare(sql).all()).map((row) => decode(row['event_id']))
  }

  retry(eventIds: readonly string[]): readonly string[] {
    return this.#eachDead(
      eventIds,
      `UPDATE events SET last_error = reason, rejected_at = NULL, reason = NULL, category = NULL`,
    )
  }

  drop(eventIds: readonly string[]): readonly string[] {
    return this.#eachDead(eventIds, 'DELETE FROM events')
  }

  unsettled(eventIds: readonly string[]): readonly string[] {
    return this.#read((database) => unsettledAmong(database, eventIds))
  }

  dropWaitingEvent(eventId: string): boolean {
    return this.#writeAtOnce((database) => {
      const remove = database.prepare('DELETE FROM events WHERE event_id = ? AND rejected_at IS NULL')
      const isRemoved = Number(remove.run(encode(eventId)).changes) > 0
      noteSize(this.path, sizeOf(database), newestSeq(database))
      return isRemoved
    })
  }

  [Symbol.dispose](): void {
    this.#open.database.close()
  }

  /**
   * Returns why nothing can be written, if another program keeps the database locked; otherwise null. Waits half a second at
   * most, and changes nothing. While others write, the WAL changes, and that is no lock.
   */
  lockProblem(): string | null {
    const written = this.#lastWritten()
    try {
      this.#open.withBusyTimeout(LOCK_PROBE_MS, () => {
        const { database } = this.#open.current()
        database.exec('BEGIN IMMEDIATE')
        database.exec('ROLLBACK')
      })
      return null
    } catch (error) {
      const failure = queueFailure(error, this.path)
      const isLocked = isBusy(failure) && this.lost() === null && written === this.#lastWritten()
      return isLocked ? failure.message : null
    }
  }

  #lastWritten(): string {
    const { size, mtimeNs } = lstatSync(`${this.path}-wal`, { bigint: true, throwIfNoEntry: false }) ?? {}
    return `${size}:${mtimeNs}`
  }

  /** Returns what became of the open file if it is no longer at its path. */
  lost(): LostFile | null {
    return this.#open.lost()
  }

  /**
   * Writes everything into the file of the database itself, so that it is whole without its WAL. SQLite does so when it
   * closes a database, but not if the file was moved, nor if a statement was not collected as garbage yet. Waits at most
   * `busyMs` for those who read, and then throws `E_QUEUE_BUSY`.
   */
  makeWhole(busyMs = READ_BUSY_MS): void {
    try {
      const { database } = this.#open
      const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
      const found = this.#open.withBusyTimeout(busyMs, () => checkpoint.get())
      if (found?.['busy'] !== 0) throw busy(this.path, 'others read it')
    } catch (error) {
      throw queueFailure(error, this.path)
    }
  }

  /** Copies all events of a queue whose file was removed into this one. */
  takeOver(removed: SqliteQueue): Promise<void> {
    return this.#writePatiently((database) => {
      const before = newestSeq(database)
      copyEvents(removed.#open.database, database)
      noteSize(this.path, sizeOf(database), before)
    })
  }

  /** Returns whether the file that is open has the event with this number, even if it is no longer at its path. */
  contains(seq: number): boolean {
    return containsSeq(this.#open.database, seq)
  }

  /** Returns the highest number that an event of the file that is open ever had. */
  newest(): number | null {
    return newestSeq(this.#open.database)
  }

  #eachDead(eventIds: readonly string[], change: string): readonly string[] {
    return this.#writeAtOnce((database) => {
      const statement = database.prepare(`${change} WHERE event_id = ? AND rejected_at IS NOT NULL`)
      const found = eventIds.filter((id) => Number(statement.run(encode(id)).changes) > 0)
      noteSize(this.path, sizeOf(database), newestSeq(database))
      return found
    })
  }

  *#pages(sql: string): Generator<Row> {
    for (let last = 0; ;) {
      const rows = this.#read((database) => database.prepare(sql).all(last))
      yield* rows
      if (rows.length < PAGE) return
      last = Number(rows.at(-1)?.['seq'])
    }
  }

  #read<T>(act: (database: Database) => T): T {
    try {
      return act(this.#open.current().database)
    } catch (error) {
      const failure = queueFailure(error, this.path)
      this.#isStuck ||= isBusy(failure)
      throw failure
    }
  }

  /** Writes in a transaction. If another process has put the file aside meanwhile, writes into the new file too. */
  #write<T>(act: (database: Database) => T, isTriedAgain = false): T {
    try {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const { database, file } = this.#open.current(this.#open.mustReopen)
        try {
          const result = inTransaction(database, () => act(database))
          if (fileAt(this.path) === file && this.#open.hasItsLog()) return result
        } catch (error) {
          this.#open.mustReopen = isReadOnly(error)
          if (!this.#open.mustReopen || attempt === ATTEMPTS) throw error
        }
      }
      throw busy(this.path, 'its file was replaced')
    } catch (error) {
      throw queueFailure(error, this.path, isTriedAgain)
    }
  }

  /** Keeps this thread waiting for other writers. */
  #writeAtOnce<T>(act: (database: Database) => T): T {
    return this.#open.withBusyTimeout(this.#busyMs, () => this.#write(act))
  }

  /** Waits equally long for other writers, but lets the event loop run during the wait. */
  async #writePatiently<T>(act: (database: Database) => T): Promise<T> {
    const end = performance.now() + this.#busyMs
    for (;;) {
      const isLast = performance.now() > end
      try {
        return this.#open.withBusyTimeout(SHORT_BUSY_MS, () => this.#write(act, !isLast))
      } catch (error) {
        if (!isBusy(error) || this.lost() !== null) throw error
        const isVain = isLast || isProtocol(error.cause)
        this.#isStuck ||= isVain
        if (isVain) throw error
      }
      await sleep(BETWEEN_MS)
    }
  }
}

function isBusy(error: unknown): error is CommandError {
  return error instanceof CommandError && error.code === 'E_QUEUE_BUSY'
}
