import { dirname } from 'node:path'
import { FamiliarError } from 'familiar'
import { closedDirectory, CommandError, EXIT, lackOf, writeHint } from 'familiar/cli'
import { diskProblem } from './disk-problem.js'
import { lockHolder } from './lock-holder.js'
import { lackOfDescriptors } from './sqlite.js'
import { inHome } from '../../cli/in-home.js'

/** The result codes of SQLite that the queue distinguishes (https://sqlite.org/rescode.html). */
const CODE = {
  error: 1,
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  notDatabase: 26,
} as const

const BUSY: ReadonlySet<number | null> = new Set([CODE.busy, CODE.locked, CODE.protocol])
const DAMAGED: ReadonlySet<number | null> = new Set([CODE.corrupt, CODE.notDatabase])

/** The maximum length of the path of a database. SQLite builds the names of its other files in a buffer of 512 bytes. */
const MAX_PATH_BYTES = 512 - '-journal'.length

/** Returns the primary result code of an error of SQLite; null for any other error. */
function codeOf(error: unknown): number | null {
  const code = error instanceof Error ? (error as { readonly errcode?: unknown }).errcode : null
  return typeof code === 'number' ? code % 256 : null
}

/** Returns whether SQLite found the file damaged. */
export function isDamage(error: unknown): boolean {
  return DAMAGED.has(codeOf(error)) || (error instanceof CommandError && error.code === 'E_QUEUE_CORRUPT')
}

/** Returns whether another connection keeps SQLite from what it has to do. */
export function isLocked(error: unknown): boolean {
  return BUSY.has(codeOf(error))
}

/** Returns whether SQLite may not write: it opened the file for reading because it could not open it in any other way. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === CODE.readOnly
}

/**
 * Returns whether SQLite could not begin to read although no process kept it from that for long. It tries a hundred times
 * then, for 10 s, in which this thread does nothing else.
 */
export function isProtocol(error: unknown): boolean {
  return codeOf(error) === CODE.protocol
}

/** Returns whether SQLite says that it cannot open the file. */
export function cannotOpen(error: unknown): boolean {
  return codeOf(error) === CODE.cannotOpen
}

/**
 * Converts an error of SQLite, of a lock or of the system into the error that a command throws: one line, and advice.
 * `isTriedAgain`: the error is not shown, so the process that keeps the queue locked is not looked for.
 */
export function queueFailure(error: unknown, path: string, isTriedAgain = false): unknown {
  if (error instanceof CommandError) return error
  if (error instanceof FamiliarError) return lockFailure(error, path)
  const code = codeOf(error)
  if (code === null) return systemFailure(error, path)
  if (BUSY.has(code)) return busy(path, lockedText(isTriedAgain ? null : lockHolder(path)), error)
  if (DAMAGED.has(code)) return damaged(path, error)
  const lack = lackBehind(code, error)
  if (lack !== null) return lack
  if (code === CODE.cannotOpen && Buffer.byteLength(path) > MAX_PATH_BYTES) return tooLong(path, error)
  if (isWithoutTables(code, error))
    return unusable(path, `it is damaged (${said(error)})`, error, withoutTables())
  const errno = errnoFor(code, path)
  return unusable(path, describe(code, errno, error), error, hintFor(path, errno))
}

/** Among many writers, the holder is one that just writes. */
function lockedText(holder: string | null): string {
  return holder === null
    ? 'other programs write to it, or keep it locked'
    : `${holder} writes to it, or keeps it locked`
}

/** Returns `E_RESOURCES` if this process lacked descriptors or memory. SQLite does not say why it could not open a file. */
function lackBehind(code: number, error: unknown): unknown {
  if (code === CODE.noMemory) return lackOf('ENOMEM', error)
  return code === CODE.cannotOpen || code === CODE.ioError ? lackOfDescriptors() : null
}

function tooLong(path: string, error: unknown): CommandError {
  const why = `its path has ${Buffer.byteLength(path)} bytes, and SQLite opens at most ${MAX_PATH_BYTES}`
  return unusable(path, why, error, 'set SPEC_KITTY_HOME to a directory with a shorter path')
}

/** The directory of the queue follows from the home, so only another home is another directory. */
export function hintFor(path: string, errno: string | null): string {
  const directory = dirname(path)
  return errno === 'EROFS'
    ? `make the file system of ${directory} writable, or set SPEC_KITTY_HOME to a directory on another one`
    : writeHint(directory, errno)
}

function lockFailure(error: FamiliarError, path: string): unknown {
  if (error.code === 'E_LOCK_BUSY') return busy(path, error.message, error)
  if (error.code !== 'E_SCOPE_UNUSABLE') return error
  const { code } = (error.cause ?? {}) as NodeJS.ErrnoException
  return unusable(path, error.message, error, code === 'EROFS' ? hintFor(path, code) : error.hint)
}

function systemFailure(error: unknown, path: string): unknown {
  const { code, syscall } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  if (code === undefined || syscall === undefined) return error
  return unusable(path, systemText(dirname(path), syscall, code), error, hintFor(path, code))
}

function systemText(directory: string, syscall: string, code: string): string {
  const closed = code === 'EACCES' || code === 'EPERM' ? closedDirectory(directory) : null
  return closed === null ? `${syscall} failed with ${code}` : `${closed} is closed to this user (${code})`
}

/** Returns the system's name for an error of SQLite. SQLite also reports a full disk as `disk I/O error`. */
function errnoFor(code: number, path: string): string | null {
  if (code === CODE.full || diskProblem(dirname(path)) !== null) return 'ENOSPC'
  return code === CODE.ioError ? 'EIO' : null
}

function describe(code: number, errno: string | null, error: unknown): string {
  if (errno === 'ENOSPC') return 'the disk is full'
  if (code === CODE.readOnly) return 'it became read-only'
  return code === CODE.ioError ? `the disk failed (${said(error)})` : said(error)
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Another program has changed the tables. SQLite finds no damage in such a file, so it is not put aside. */
function isWithoutTables(code: number, error: unknown): boolean {
  return code === CODE.error && /^no such (?:table|column)\b/.test(said(error))
}

const withoutTables = (): string =>
  inHome`another program has changed its tables; restore a backup of it, or move it away with its -wal and -shm after spec-kitty sync stop, and a new one is made`

export function unusable(path: string, why: string, cause: unknown, hint: string | null): CommandError {
  return new CommandError('E_QUEUE_UNUSABLE', `the queue ${path} cannot be used: ${why}`, {
    ...(hint === null ? {} : { hint }),
    cause,
  })
}

/** What is said of a log that is not at its path any more. Only a new daemon has another one. */
export const LOG_REMOVED = 'was removed while it was in use'
export const newDaemon = (): string => inHome`spec-kitty sync restart`

export function busy(path: string, why: string, cause?: unknown): CommandError {
  return new CommandError('E_QUEUE_BUSY', `the queue ${path} is busy: ${why}`, {
    hint: 'run the command again',
    exit: EXIT.tryAgain,
    cause,
  })
}

/** The beginning of the advice about what is no file of this user. The command that moves it away follows. */
export const MOVE_AWAY = 'a queue is a regular file of this user; move that away: '

/** The same about one that this user may not read or write. */
export const MAKE_OWN = 'make it a file that this user can read and write: '

/** Returns the command in such advice; null if there is none. */
export function commandIn(hint: string | null): string | null {
  const lead = [MOVE_AWAY, MAKE_OWN].find((one) => hint?.startsWith(one) === true)
  return lead === undefined || hint === null ? null : hint.slice(lead.length)
}

export const salvageCommand = (): string => inHome`spec-kitty sync queue --export FILE`

/** Saves the events that the server had rejected. */
export const salvageDeadCommand = (): string => inHome`spec-kitty sync queue --dead --export FILE`

/** What to do about a damaged queue, including one that was put aside. */
export const salvageHint = (): string => `to save what can be read of it: ${salvageCommand()}`

/**
 * Returns the error for a damaged database. `openHandle` puts such a file aside and starts a new one, so users see this
 * error only if that did not help, or if a command only reads the queue.
 */
export function damaged(path: string, cause?: unknown): CommandError {
  return new CommandError('E_QUEUE_CORRUPT', `the queue ${path} is damaged`, {
    hint: salvageHint(),
    cause,
  })
}

export function newer(path: string, found: number, known: number): CommandError {
  return new CommandError(
    'E_QUEUE_NEWER',
    `the queue ${path} is of a newer version of spec-kitty (format ${found}; this one knows ${known})`,
    { hint: 'upgrade spec-kitty; the queue was not touched' },
  )
}

export function full(path: string, maxSize: number): CommandError {
  return new CommandError('E_QUEUE_FULL', `the queue ${path} is full: at most ${maxSize} events may wait`, {
    hint: inHome`nothing was dropped; max_queue_size in config.toml sets the limit; to see why events wait: spec-kitty sync queue`,
  })
}
