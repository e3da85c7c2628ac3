import { fileAt, READ_BUSY_MS, type Connection } from './connection.js'
import { lostText, movedError, whereaboutsOf, type LostFile } from './lost-file.js'
import { busy, LOG_REMOVED, newDaemon, unusable } from './queue-errors.js'
import type { Database } from './sqlite.js'

/** The connection to the file of a queue. It notices when that is no longer the one at the path. */
export class OpenFile {
  /**
   * Another connection must be opened before the next write: this one cannot write, because this process lacked descriptors
   * when it was opened.
   */
  mustReopen = false
  readonly #path: string
  readonly #reopen: () => Connection | null
  #connection: Connection
  #timeoutMs = READ_BUSY_MS

  /** `reopen`: opens the file at the path; returns null if there is none. */
  constructor(path: string, connection: Connection, reopen: () => Connection | null) {
    this.#path = path
    this.#connection = connection
    this.#reopen = reopen
  }

  /** The database of the file that is open, even if it is no longer at its path. */
  get database(): Database {
    return this.#connection.database
  }

  /**
   * Returns the connection to the file that is at the path now; with `mustReopen`, a new one. Throws `E_QUEUE_BUSY` if the
   * open file was removed, or replaced after it was moved, and contains events: they must be saved before it is closed, and the
   * numbers of its events are those of others in another file.
   */
  current(mustReopen = false): Connection {
    const isThere = fileAt(this.#path) === this.#connection.file
    if (isThere && this.hasItsLog() && !mustReopen) return this.#connection
    // When a database is put aside, its WAL is moved later than the database.
    if (isThere && !this.hasItsLog() && fileAt(this.#path) === this.#connection.file)
      throw unusable(this.#path, `${this.#path}-wal ${LOG_REMOVED}`, undefined, newDaemon())
    const lost = isThere ? null : this.lost()
    const isReplaced = lost?.state === 'removed' || fileAt(this.#path) !== null
    if (lost !== null && lost.events > 0 && isReplaced) throw busy(this.#path, `its file ${lostText(lost)}`)
    if (lost?.state === 'moved' && !isReplaced) throw movedError(this.#path, lost)
    const next = this.#reopen()
    if (next === null) throw busy(this.#path, 'its file was moved or removed')
    this.#connection.database.close()
    this.#connection = next
    this.#setBusyTimeout(this.#timeoutMs)
    this.mustReopen = false
    return next
  }

  /**
   * Returns what became of the open file if it is no longer at its path; null if it is there, or if nothing is known of
   * it.
   */
  lost(): LostFile | null {
    const { file, database } = this.#connection
    try {
      const found = fileAt(this.#path) === file ? null : whereaboutsOf(file, this.#path)
      const count = 'SELECT count(*) AS n FROM events'
      return found === null ? null : { ...found, events: Number(database.prepare(count).get()?.['n']) }
    } catch {
      return null
    }
  }

  /**
   * Returns whether the WAL of the open database still exists. SQLite does not notice that its WAL was removed. It would
   * write into a file without a name, whose content is lost when it is closed.
   */
  hasItsLog(): boolean {
    return fileAt(`${this.#path}-wal`) === this.#connection.wal
  }

  /** Waits this long for locks while `act` runs. */
  withBusyTimeout<T>(ms: number, act: () => T): T {
    this.#setBusyTimeout(ms)
    try {
      return act()
    } finally {
      this.#setBusyTimeout(READ_BUSY_MS)
    }
  }

  #setBusyTimeout(ms: number): void {
    this.#timeoutMs = ms
    this.#connection.database.exec(`PRAGMA busy_timeout = ${ms}`)
  }
}
