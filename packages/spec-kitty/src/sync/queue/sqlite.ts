import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { assertDescriptors, CommandError, EXIT } from 'familiar/cli'

export type SqlValue = string | number | null

export type Row = Readonly<Record<string, unknown>>

export interface Statement {
  run(...values: readonly SqlValue[]): { readonly changes: number | bigint }
  get(...values: readonly SqlValue[]): Row | undefined
  all(...values: readonly SqlValue[]): readonly Row[]
  iterate(...values: readonly SqlValue[]): Iterable<Row>
}

/** The part of the API of `node:sqlite` that the queue uses. The package that may replace it has the same API. */
export interface Database {
  exec(sql: string): void
  /** Returns the same statement for the same text. A statement must have finished before it is used again. */
  prepare(sql: string): Statement
  /** Closes the database. Further calls have no effect. */
  close(): void
}

export interface Sqlite {
  readonly version: string
  /** Opens a database. `location` is a path, or a URI that begins with `file:`. Throws an error of SQLite. */
  open(location: string): Database
}

/** The file of the package that `require` loads. */
const MAIN = '@photostructure/sqlite/dist/index.cjs'

interface SqliteModule {
  readonly DatabaseSync: new (location: string) => Database
}

/**
 * The oldest version that is safe. Older ones may damage a database in WAL mode when several processes write and one of
 * them resets the WAL (https://sqlite.org/wal.html, "the WAL-reset bug").
 */
const OLDEST = [3, 51, 3] as const

/** A database in WAL mode takes three descriptors while it is open, and two more for a moment. */
const OPEN_DESCRIPTORS = 5

/**
 * Returns SQLite: Node's own if it is new enough, otherwise that of a package with a native part. Throws
 * `E_SQLITE_UNAVAILABLE` if neither can be loaded.
 */
export async function loadSqlite(): Promise<Sqlite> {
  const builtIn = loadBuiltIn()
  if (builtIn !== null) return builtIn
  try {
    return toSqlite(loadPackage())
  } catch (error) {
    throw unavailable(error)
  }
}

/**
 * Uses `require`, because Node caches a failed `import()` of a package forever, even if a file could not be read only for
 * a temporary lack of memory or descriptors. A daemon would then never send again. A failed `require` is not cached.
 */
function loadPackage(): SqliteModule {
  const { createRequire } = process.getBuiltinModule('node:module')
  const require = createRequire(import.meta.url)
  try {
    return require('@photostructure/sqlite') as SqliteModule
  } catch (error) {
    // Node remembers a package.json that it could not read once as one that is not there. The file itself needs none.
    const directories = require.resolve.paths(MAIN) ?? []
    const file = directories.map((directory) => join(directory, MAIN)).find((one) => existsSync(one))
    if (file === undefined) throw error
    return createRequire(file)(file) as SqliteModule
  }
}

function loadBuiltIn(): Sqlite | null {
  // The version is checked first, because loading the module prints a warning if it is experimental.
  if (!isNewEnough(process.versions['sqlite'])) return null
  const module = withoutWarnings(() => process.getBuiltinModule('node:sqlite')) as SqliteModule | undefined
  if (module === undefined) return null
  const sqlite = toSqlite(module)
  // A Node that was built with the system's SQLite may use another version than the one it reports, so SQLite itself is
  // asked too.
  return isNewEnough(sqlite.version) ? sqlite : null
}

function toSqlite({ DatabaseSync }: SqliteModule): Sqlite {
  const open = (location: string): Database => toDatabase(new DatabaseSync(location))
  return {
    get version() {
      return versionOf(open(':memory:'))
    },
    open,
  }
}

function toDatabase(native: InstanceType<SqliteModule['DatabaseSync']>): Database {
  const statements = new Map<string, Statement>()
  let isOpen = true
  return {
    exec: (sql) => native.exec(sql),
    prepare: (sql) => {
      const statement = statements.get(sql) ?? native.prepare(sql)
      statements.set(sql, statement)
      return statement
    },
    close: () => {
      statements.clear()
      if (isOpen) native.close()
      isOpen = false
    },
  }
}

function versionOf(database: Database): string {
  try {
    return String(database.prepare('SELECT sqlite_version() AS version').get()?.['version'])
  } finally {
    database.close()
  }
}

/** Returns whether this is `OLDEST` or a later version. */
export function isNewEnough(version: string | undefined): boolean {
  const parts = (version ?? '').split('.').map(Number)
  const differing = OLDEST.findIndex((number, place) => number !== (parts[place] ?? 0))
  return differing < 0 || (parts[differing] ?? 0) > (OLDEST[differing] ?? 0)
}

/** Suppresses Node's warning that its SQLite is experimental, because users cannot do anything about it. */
function withoutWarnings<T>(act: () => T): T {
  const emitWarning = Object.getOwnPropertyDescriptor(process, 'emitWarning')
  process.emitWarning = () => undefined
  try {
    return act()
  } finally {
    if (emitWarning !== undefined) Object.defineProperty(process, 'emitWarning', emitWarning)
  }
}

/**
 * Returns the error to throw if SQLite cannot be loaded. The loader of native modules does not say that it lacked
 * descriptors, so that is looked for here. If a module of our own is missing, the installation was replaced or removed:
 * that is told as it is.
 */
function unavailable(error: unknown): unknown {
  const lack = lackOfDescriptors()
  if (lack !== null) return lack
  const code = (error as NodeJS.ErrnoException).code
  const [why] = (error instanceof Error ? error.message : String(error)).split('\n')
  // `require` adds a line for each file that led to the missing one.
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND')
    return Object.assign(new Error(why, { cause: error }), { code })
  return new CommandError('E_SQLITE_UNAVAILABLE', `SQLite cannot be loaded: ${why}`, {
    hint: 'install this tool again on this system, or use Node 22.23 or later, which has its own SQLite',
    exit: EXIT.error,
    cause: error,
  })
}

/** Returns `E_RESOURCES` if this process cannot open the files of a database now; null if it can. */
export function lackOfDescriptors(): unknown {
  try {
    assertDescriptors(OPEN_DESCRIPTORS)
    return null
  } catch (lack) {
    return lack
  }
}
