import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { objectOf, parseJson } from 'familiar/cli'
import { decode } from './columns.js'
import { migrate } from './schema.js'
import { lackOfDescriptors, loadSqlite, type Database, type Row, type Sqlite } from './sqlite.js'

/** An event that could still be read from a damaged database. */
export interface SalvagedEvent {
  readonly envelope: string
  /** Whether the server had rejected the event. */
  readonly isDead: boolean
  /** The directory of its project. */
  readonly project: string
  /** The damaged database that contained the event. */
  readonly database: string
}

/**
 * What a file is in which no event was found: a queue that is whole and has none, a database of another program, a file
 * that does not begin like a database, one without content, or a damaged database.
 */
export type Found = 'no_events' | 'other_database' | 'no_database' | 'no_content' | 'damaged'

type ReadEvent = Omit<SalvagedEvent, 'database'>

const PAGE_BYTES = 4096
/** How every database of SQLite begins. */
const MAGIC = 'SQLite format 3\0'
const FILE_CHANGE_COUNTER = 24
const VERSION_VALID_FOR = 92

/**
 * Queries that list the numbers of all events in different ways: through the table and through each index, from both
 * ends. Each finds the events up to the first damage.
 */
const WAYS = [
  ['SELECT seq FROM events NOT INDEXED', 'seq'],
  ['SELECT seq FROM events INDEXED BY waiting WHERE rejected_at IS NULL', 'project'],
  ['SELECT seq FROM events INDEXED BY sqlite_autoindex_events_1', 'event_id'],
].flatMap(([select, by]) => [`${select} ORDER BY ${by}`, `${select} ORDER BY ${by} DESC`])

/**
 * Returns the events that can be read from these damaged databases. Calls `onRead` with each database that was read to its
 * end, and with what it is if no event was found in it. Throws `E_RESOURCES` while this process lacks descriptors, because
 * that does not make a database unreadable.
 */
export async function salvageAll(
  files: readonly string[],
  onRead: (database: string, found: Found) => void = () => undefined,
): Promise<Iterable<SalvagedEvent>> {
  if (files.length === 0) return []
  const sqlite = await loadSqlite()
  return (function* () {
    for (const file of files) onRead(file, yield* salvage(sqlite, file))
  })()
}

/**
 * Yields the events that can be read from a damaged database, in their order. Works on a copy, which it removes, and
 * only reads the database itself. If no event can be read from the copy, and it is not whole, replaces its first page by
 * that of a new database: SQLite needs this page to find the tables, and it describes the same tables in every queue.
 */
function* salvage(sqlite: Sqlite, file: string): Generator<SalvagedEvent, Found> {
  const directory = mkdtempSync(join(tmpdir(), 'spec-kitty-salvage-'))
  try {
    const copy = join(directory, 'copy.db')
    copyDatabase(file, copy)
    const kind = kindOf(sqlite, copy)
    if (kind === 'no_events' || kind === 'other_database') return kind
    if (kind !== 'events') replaceFirstPage(sqlite, copy, join(directory, 'new.db'))
    for (const event of readable(sqlite, copy)) yield { ...event, database: file }
    return kind === 'events' ? 'damaged' : kind
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function copyDatabase(from: string, to: string): void {
  for (const side of ['', '-wal']) {
    if (existsSync(from + side)) copyFileSync(from + side, to + side, constants.COPYFILE_FICLONE)
  }
}

/** Returns what a file is. An interrupted creation leaves a database without tables. */
function kindOf(sqlite: Sqlite, file: string): Found | 'events' {
  // SQLite would remove the WAL of an empty file.
  if (statSync(file).size === 0) return existsSync(`${file}-wal`) ? 'damaged' : 'no_content'
  if (hasEvents(sqlite, file)) return 'events'
  if (beginningOf(file) !== MAGIC) return 'no_database'
  try {
    return withDatabase(sqlite, file, (database) => {
      const numberOf = (query: string): number =>
        Number(Object.values(database.prepare(query).get() ?? {})[0])
      // What its first page does not know of is not checked.
      const isAll = numberOf('PRAGMA page_count') * numberOf('PRAGMA page_size') === statSync(file).size
      const check = database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']
      if (!isAll || check !== 'ok') return 'damaged'
      return numberOf(TABLES) === 0 || numberOf(OWN_COLUMNS) > 0 ? 'no_events' : 'other_database'
    })
  } catch {
    throwLackOfDescriptors()
    return 'damaged'
  }
}

const TABLES = 'SELECT count(*) FROM sqlite_schema'
const OWN_COLUMNS = `SELECT count(*) FROM pragma_table_info('events') WHERE name = 'envelope'`

function beginningOf(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(MAGIC.length)
    readSync(descriptor, bytes)
    return bytes.toString('latin1')
  } finally {
    closeSync(descriptor)
  }
}

function hasEvents(sqlite: Sqlite, file: string): boolean {
  return seqsIn(sqlite, file).length > 0
}

function seqsIn(sqlite: Sqlite, file: string): readonly number[] {
  return withDatabase(sqlite, file, (database) => {
    const found = WAYS.flatMap((way) => seqsBy(database, way))
    return [...new Set(found)].toSorted((a, b) => a - b)
  })
}

/** Returns the numbers of the events that come before the first damage. */
function seqsBy(database: Database, way: string): readonly number[] {
  const seqs: number[] = []
  try {
    for (const { seq } of database.prepare(way).iterate()) seqs.push(Number(seq))
  } catch {
    // Ignores the damage, because the remaining events are found by another query, or not at all.
    throwLackOfDescriptors()
  }
  return seqs
}

/**
 * Replaces the first page by that of a new database. The header then contains the size of the new database. To make
 * SQLite ignore that size, the two counters in the header are made to differ.
 */
function replaceFirstPage(sqlite: Sqlite, file: string, fresh: string): void {
  withDatabase(sqlite, fresh, (database) => {
    database.exec('PRAGMA journal_mode = WAL')
    migrate(database)
  })
  const page = readFileSync(fresh).subarray(0, PAGE_BYTES)
  page.writeUInt32BE(page.readUInt32BE(FILE_CHANGE_COUNTER) + 1, VERSION_VALID_FOR)
  const damaged = readFileSync(file)
  writeFileSync(file, Buffer.concat([page, damaged.subarray(PAGE_BYTES)]), { mode: 0o600 })
}

function* readable(sqlite: Sqlite, file: string): Generator<ReadEvent> {
  const seqs = seqsIn(sqlite, file)
  const database = sqlite.open(file)
  try {
    for (const seq of seqs) {
      const row = readRow(database, seq)
      if (row !== null && isWhole(row)) {
        yield {
          envelope: String(row['envelope']),
          isDead: row['rejected_at'] !== null,
          project: projectOf(row['project']),
        }
      }
    }
  } finally {
    database.close()
  }
}

/** What is damaged may not be in the form in which text is stored. */
function projectOf(stored: unknown): string {
  try {
    return decode(stored)
  } catch {
    return String(stored)
  }
}

function readRow(database: Database, seq: number): Row | null {
  try {
    return (
      database.prepare('SELECT envelope, rejected_at, project FROM events WHERE seq = ?').get(seq) ?? null
    )
  } catch {
    throwLackOfDescriptors()
    return null
  }
}

function throwLackOfDescriptors(): void {
  const lack = lackOfDescriptors()
  if (lack !== null) throw lack
}

/** Returns whether the row is a complete event. A row in a damaged page may contain anything. */
function isWhole({ envelope }: Row): boolean {
  return objectOf(parseJson(String(envelope))) !== null
}

/** Opens the database, calls `act` with it, and returns the result of `act`. Always closes the database. */
function withDatabase<T>(sqlite: Sqlite, file: string, act: (database: Database) => T): T {
  const database = sqlite.open(file)
  try {
    return act(database)
  } finally {
    database.close()
  }
}
