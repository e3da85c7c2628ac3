import type { Database } from './sqlite.js'

/**
 * The migrations from an empty database to the newest format. Their number is the number of that format. A released step
 * must never be changed. Columns that are often read come before the envelope, which may fill many pages. `seq` is never
 * reused (AUTOINCREMENT), not even in a new database after a damaged one, because it begins with the time in
 * microseconds. So the result for a claimed event cannot be recorded for another event.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE events (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     event_id TEXT NOT NULL UNIQUE,
     claim INTEGER,
     rejected_at TEXT,
     attempts INTEGER NOT NULL DEFAULT 0,
     size INTEGER NOT NULL,
     queued_at TEXT NOT NULL,
     project TEXT NOT NULL,
     project_uuid TEXT NOT NULL,
     event_type TEXT NOT NULL,
     last_error TEXT,
     reason TEXT,
     category TEXT,
     envelope TEXT NOT NULL
   ) STRICT;
   INSERT INTO sqlite_sequence (name, seq) VALUES ('events', CAST(unixepoch('subsec') * 1000000 AS INTEGER));
   CREATE INDEX waiting ON events (project, seq) WHERE rejected_at IS NULL;
   CREATE INDEX claimed ON events (claim) WHERE claim IS NOT NULL;
   CREATE INDEX dead ON events (seq) WHERE rejected_at IS NOT NULL;
   CREATE TABLE claims (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     project TEXT NOT NULL UNIQUE,
     owner TEXT NOT NULL
   ) STRICT;`,
  // The index contains the origin too, because in the table it comes after the envelope.
  `ALTER TABLE events ADD COLUMN origin TEXT;
   DROP INDEX waiting;
   CREATE INDEX waiting ON events (project, seq, origin) WHERE rejected_at IS NULL;`,
]

/** The number of the format that this version writes. */
export const FORMAT = MIGRATIONS.length

export function readFormat(database: Database): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
}

/**
 * Brings a database to the newest format, in one transaction. Writes the result into the database file itself, so that an
 * older version sees in its header that it must not use it.
 */
export function migrate(database: Database, steps: readonly string[] = MIGRATIONS): void {
  const found = readFormat(database)
  if (found >= steps.length) return
  inTransaction(database, () => {
    for (const step of steps.slice(found)) database.exec(step)
    database.exec(`PRAGMA user_version = ${steps.length}`)
  })
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

/**
 * Calls `act` in a transaction, which is committed if `act` returns and rolled back if it throws. Takes the write lock at
 * the beginning, so that it cannot fail in between.
 */
export function inTransaction<T>(database: Database, act: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = act()
    database.exec('COMMIT')
    return result
  } catch (error) {
    rollBack(database)
    throw error
  }
}

/** After some errors (such as a full disk), SQLite has already rolled back. */
function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // A failure to roll back is ignored, because the first error says more.
  }
}
