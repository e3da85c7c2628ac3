import { accessSync, chmodSync, closeSync, constants, lstatSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { moveAwayCommand, openFilesCommand } from '../../cli/cure-file.js'
import { cannotOpen, damaged, hintFor, MAKE_OWN, MOVE_AWAY, newer, unusable } from './queue-errors.js'
import { SIDE_FILES } from './queue-path.js'
import { FORMAT, readFormat } from './schema.js'
import type { Database, Sqlite } from './sqlite.js'

/** An open database, and the keys of its files. */
export interface Connection {
  readonly database: Database
  readonly file: string
  /** The key of its WAL; null if there is none yet. */
  readonly wal: string | null
  readonly format: number
}

/** How long a write waits while other processes write. The longest measured wait was 1.4 s. */
export const BUSY_MS = 15_000

/**
 * How long opening and reading wait. Writers keep nobody from reading in WAL mode, so only a program that locks the whole
 * database does. A daemon does nothing else meanwhile.
 */
export const READ_BUSY_MS = 3_000

const NOFOLLOW = constants.O_NOFOLLOW ?? 0

const VERSION_OFFSET = 60
const HEADER_BYTES = 100

/**
 * With `synchronous = FULL`, a transaction is on disk when it returns; `fullfsync` ensures this on macOS.
 * `trusted_schema` is off, so that the content of the database cannot run code.
 */
const SETTINGS = `PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;`

/**
 * Opens the database. Returns null if it does not exist or does not have the newest format yet. Creates nothing. Throws
 * an error of SQLite (for a lock, after `busyMs`), `E_QUEUE_NEWER`, or `E_QUEUE_UNUSABLE` if one of its files is a link, not
 * a regular file, or another user's.
 */
export function openReady(sqlite: Sqlite, path: string, busyMs = READ_BUSY_MS): Connection | null {
  const connection = openAny(sqlite, path, busyMs)
  if (connection === null) return null
  if (connection.format === FORMAT) return withLog(connection, path)
  connection.database.close()
  return null
}

/**
 * Adds the key of the WAL. SQLite opens the WAL only with the first read, so call this after one. Closes the database and
 * returns null if it is no longer at the path. Throws an error of the system, and then closes it too.
 */
export function withLog(connection: Connection, path: string): Connection | null {
  let found: Connection | null = null
  try {
    const wal = fileAt(`${path}-wal`)
    if (fileAt(path) === connection.file) found = { ...connection, wal }
  } finally {
    if (found === null) connection.database.close()
  }
  return found
}

/** Opens a database of any format up to the newest; null if there is none. Throws what `openReady` throws. */
export function openAny(sqlite: Sqlite, path: string, busyMs = READ_BUSY_MS): Connection | null {
  assertOwnFiles(path)
  const file = fileAt(path)
  try {
    return file === null ? null : openFile(sqlite, path, file, busyMs)
  } catch (error) {
    // Another process may have just put a damaged database aside. In this case the error says nothing about the new
    // database.
    if (fileAt(path) !== file) return null
    throw error
  }
}

function openFile(sqlite: Sqlite, path: string, file: string, busyMs: number): Connection | null {
  if (lostItsPages(path)) throw damaged(path)
  if (!opened.has(file)) refuseNewer(path)
  assertWritable(path)
  const database = openThere(sqlite, path)
  if (database === null) return null
  opened.add(file)
  try {
    database.exec(`PRAGMA busy_timeout = ${busyMs}`)
    database.exec(SETTINGS)
    const format = readFormat(database)
    if (format > FORMAT) throw newer(path, format, FORMAT)
    return { database, file, wal: null, format }
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Returns whether a database has lost its content: its file is empty, but it has a WAL, which SQLite would remove. (An
 * empty file without a WAL is a queue whose creation was interrupted.)
 */
function lostItsPages(path: string): boolean {
  return sizeOf(path) === 0 && sizeOf(`${path}-wal`) > 0
}

function sizeOf(name: string): number {
  return lstatSync(name, { throwIfNoEntry: false })?.size ?? 0
}

/**
 * Opens the database only if its file exists. Otherwise SQLite would create one, even while another process is putting a
 * damaged one aside.
 */
function openThere(sqlite: Sqlite, path: string): Database | null {
  try {
    return sqlite.open(`${pathToFileURL(path).href}?mode=rw`)
  } catch (error) {
    if (cannotOpen(error) && fileAt(path) === null) return null
    throw error
  }
}

/**
 * The files that this process has ever opened as a database. It must not open them in any other way, because closing them
 * would drop the locks that SQLite holds on them (https://sqlite.org/howtocorrupt.html, 2.2). This includes closed
 * databases, because the package finalises statements, and with them the connection, only when they are
 * garbage-collected.
 */
const opened = new Set<string>()

/** Returns a key that identifies the file at the path, whatever path leads to it; null if there is no file. */
export function fileAt(path: string): string | null {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? null : `${found.dev}:${found.ino}`
}

/**
 * Throws `E_QUEUE_UNUSABLE` unless all files of the database are regular files of this user or root, because SQLite would
 * follow a link. Also removes the permission of other users to read the database, which a restored copy may have.
 */
function assertOwnFiles(path: string): void {
  for (const name of [path, ...SIDE_FILES.map((side) => path + side)]) {
    const found = lstatSync(name, { throwIfNoEntry: false })
    if (found === undefined) continue
    if (found.isSymbolicLink()) throw unusable(path, `${name} is a link`, undefined, moveAway(name))
    if (!found.isFile()) throw unusable(path, `${name} is not a file`, undefined, moveAway(name))
    const user = process.geteuid?.()
    if (user !== undefined && found.uid !== user && found.uid !== 0) {
      throw unusable(path, `${name} belongs to another user (${found.uid})`, undefined, moveAway(name))
    }
    if (user !== undefined && (found.mode & 0o077) !== 0) makePrivate(name)
  }
}

/** Throws if the database is read-only, because SQLite would open it for reading and leave read-only side files behind. */
function assertWritable(path: string): void {
  for (const name of [dirname(path), path]) {
    try {
      accessSync(name, constants.R_OK | constants.W_OK)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw unusable(
        path,
        code === 'EROFS' ? 'its file system is read-only' : `no access to ${name} (${code})`,
        error,
        code === 'EACCES' && name === path ? openHint(path) : hintFor(path, code ?? null),
      )
    }
  }
}

function openHint(path: string): string {
  const command = openFilesCommand([path, ...SIDE_FILES.map((side) => path + side)])
  return command === null ? `make ${path} a file that this user can read and write` : MAKE_OWN + command
}

function moveAway(name: string): string {
  return MOVE_AWAY + moveAwayCommand(name)
}

function makePrivate(name: string): void {
  try {
    chmodSync(name, 0o600)
  } catch {
    // On a read-only file system, the permissions stay as they are.
  }
}

/**
 * Throws `E_QUEUE_NEWER` if the header of the file says that the format is newer. Such a database is never opened,
 * because SQLite would write files beside it.
 */
function refuseNewer(path: string): void {
  const header = readHeader(path)
  const found = header.length < HEADER_BYTES ? 0 : header.readUInt32BE(VERSION_OFFSET)
  const isDatabase = header.toString('latin1').startsWith('SQLite format 3\0')
  if (isDatabase && found > FORMAT) throw newer(path, found, FORMAT)
}

function readHeader(path: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  try {
    const descriptor = openSync(path, constants.O_RDONLY | NOFOLLOW)
    try {
      return header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // Ignores the error, because SQLite reports why the file cannot be read.
    return header.subarray(0, 0)
  }
}
