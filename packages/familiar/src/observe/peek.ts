import { lstatSync, readdirSync, realpathSync, statSync, type BigIntStats, type Stats } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { errnoOf, throwLack } from '../errors.js'
import { fileId } from '../identity/file-id.js'
import { fileNameOf, textOfBytes } from '../identity/path-text.js'
import { readSmallFile, type PeekedFile } from './small-file.js'

/** The paths of one scope that a scan reads. */
export interface PeekRequest {
  readonly scope: string
  readonly records: readonly string[]
  readonly sharedOwner: string | null
  readonly daemonLock: string
  /** The names of the entries in the scope's directory that contain our own daemon's files. */
  readonly ownEntries: readonly string[]
}

/** The nearest directory above a scope that exists. */
export interface Above {
  /** When its entries last changed, in milliseconds since 1970. */
  readonly changedMs: number
  /** Whether it has no entry, or only the scope. */
  readonly isEmpty: boolean
}

export interface PeekReply {
  readonly real: string | null
  readonly gone: boolean | null
  /** True if nothing is at the path now, which may only be unmounted; null if unknown. */
  readonly isMissing: boolean | null
  readonly unchangedSinceMs: number | null
  readonly above: Above | null
  readonly ownSinceMs: number | null
  readonly records: readonly PeekedFile[]
  readonly sharedOwnerPresent: boolean | null
  readonly daemonLock: PeekedFile
  /** The uid of the directory's owner, as text; null if unknown or absent, and on a system without uids. */
  readonly owner: string | null
  /** The device and inode of the directory, which identify it whatever path leads to it; null if unknown or absent. */
  readonly directory: string | null
  /** When the lock file was last touched, ISO 8601; a daemon touches it on every tick. Null if unknown or absent. */
  readonly lockTouchedAt: string | null
}

/**
 * Reads a scope's directory and files. Writes nothing and throws only `E_RESOURCES`, but may block for as long as the
 * file system does. So a path named by another process must be read in a child process (`read-scopes-in-child.ts`).
 */
export function peek(request: PeekRequest): PeekReply {
  const found = exists(request.scope, statSync)
  const gone = found === false ? isProvenGone(request.scope) : tellsGone(found)
  const ownSince = ownSinceMs(request)
  return {
    real: realPath(request.scope),
    gone,
    isMissing: found === null ? null : !found,
    unchangedSinceMs: gone === false ? unchangedSinceMs(request.scope) : null,
    above: found === false ? aboveOf(request.scope) : ownSince === null ? null : besideOf(request.scope),
    ownSinceMs: ownSince,
    records: request.records.map((path) => readSmallFile(path)),
    sharedOwnerPresent: request.sharedOwner === null ? null : exists(request.sharedOwner, statSync),
    daemonLock: readSmallFile(request.daemonLock),
    owner: process.geteuid === undefined ? null : ask(request.scope, ({ uid }) => String(uid)),
    directory: directoryName(request.scope),
    lockTouchedAt: ask(request.daemonLock, ({ mtime }) => mtime.toISOString()),
  }
}

/** Identifies the directory by device and inode. They are equal for two paths that lead to the same directory (a bind mount). */
export function directoryName(path: string): string | null {
  return ask(path, (found) => (found.isDirectory() ? fileId(found) : null))
}

function ask<T>(path: string, read: (found: BigIntStats) => T): T | null {
  try {
    return read(statSync(fileNameOf(path), { bigint: true }))
  } catch (error) {
    throwLack(error)
    return null
  }
}

/** Returns the path with the symlinks in its existing part resolved, and the rest unchanged. Null if that fails. */
export function realPath(path: string): string | null {
  const absolute = resolve(path)
  try {
    return textOfBytes(realpathSync.native(fileNameOf(absolute), 'buffer'))
  } catch (error) {
    throwLack(error)
    if (errnoOf(error) !== 'ENOENT' || dirname(absolute) === absolute) return null
    const parent = realPath(dirname(absolute))
    return parent === null ? null : join(parent, basename(absolute))
  }
}

/** Where systems mount drives. When a drive is removed, its directory there is removed too. */
const DRIVES: ReadonlySet<string> = new Set(['/media', '/mnt', '/run/media', '/Volumes'])

/**
 * Returns true if the path is proven to be absent and false if it exists. Returns null if neither is known: its parent is
 * missing, or a file system may not be mounted (a dangling link, an empty mount point, a directory of drives).
 */
export function isGone(path: string): boolean | null {
  const found = exists(path, statSync)
  return found === false ? isProvenGone(path) : tellsGone(found)
}

/** A path of which it is unknown whether it exists is not known to be gone either. */
function tellsGone(found: true | null): false | null {
  return found === null ? null : false
}

/** Returns true if the absence of a path is proven by what is around it; null if not. */
function isProvenGone(path: string): true | null {
  const absolute = resolve(path)
  const parent = dirname(absolute)
  if (exists(absolute, lstatSync) !== false || exists(parent, statSync) !== true) return null
  try {
    if (isMountPoint(parent)) return isEmpty(parent) ? null : true
    return DRIVES.has(parent) || DRIVES.has(dirname(parent)) ? null : true
  } catch (error) {
    throwLack(error)
    return null
  }
}

/**
 * Returns whether the path is proven to have been removed since `usedMs` (milliseconds since 1970), perhaps together with
 * directories above it. In that case, the topmost missing directory must be proven absent. If the remaining parent is
 * empty, it must have changed since then, because the mount point of a removed drive is empty too, but did not change.
 */
export function isGoneSince(path: string, usedMs: number): boolean {
  const above = aboveOf(path)
  return above !== null && (!above.isEmpty || above.changedMs > usedMs)
}

/** Returns what is left of the path. Null if it is not proven that nothing is there, or if that cannot be read. */
function aboveOf(path: string): Above | null {
  const top = topmostMissing(resolve(path))
  return isGone(top) === true ? readAbove(dirname(top), 0) : null
}

/** Returns the directory around a scope that exists. Null if it is one of drives, or cannot be read. */
function besideOf(path: string): Above | null {
  const parent = dirname(resolve(path))
  return DRIVES.has(parent) ? null : readAbove(parent, 1)
}

function readAbove(directory: string, entries: number): Above | null {
  try {
    const { length } = readdirSync(fileNameOf(directory))
    return { changedMs: statSync(fileNameOf(directory)).mtimeMs, isEmpty: length <= entries }
  } catch (error) {
    throwLack(error)
    return null
  }
}

function topmostMissing(path: string): string {
  const parent = dirname(path)
  return parent === path || exists(parent, statSync) !== false ? path : topmostMissing(parent)
}

function isMountPoint(directory: string): boolean {
  const [here, above] = [directory, dirname(directory)].map((path) =>
    statSync(fileNameOf(path), { bigint: true }),
  )
  return here?.dev !== above?.dev
}

function isEmpty(directory: string): boolean {
  return readdirSync(fileNameOf(directory)).length === 0
}

/**
 * Returns since when the scope's directory has been empty, in milliseconds since 1970. Null if it is not empty, or if the time
 * cannot be read.
 */
function unchangedSinceMs(scope: string): number | null {
  try {
    return isEmpty(scope) ? statSync(fileNameOf(scope)).mtimeMs : null
  } catch (error) {
    throwLack(error)
    return null
  }
}

/**
 * Returns when the oldest entry of the scope's directory was created, in milliseconds since 1970, if all entries contain
 * our own daemon's files. Null if there are none or others, or if they cannot be read.
 */
function ownSinceMs({ scope, ownEntries }: PeekRequest): number | null {
  try {
    const names = readdirSync(fileNameOf(scope), 'buffer').map(textOfBytes)
    if (names.length === 0 || !names.every((name) => ownEntries.includes(name))) return null
    return Math.min(...names.map((name) => madeMs(lstatSync(fileNameOf(join(scope, name))))))
  } catch (error) {
    throwLack(error)
    return null
  }
}

/**
 * Returns when a file was created, in milliseconds since 1970, or when it last changed if the file system does not store
 * that.
 */
function madeMs({ birthtimeMs, ctimeMs }: Stats): number {
  return birthtimeMs > 0 ? birthtimeMs : ctimeMs
}

function exists(path: string, look: (path: string | Buffer) => Stats): boolean | null {
  try {
    look(fileNameOf(path))
    return true
  } catch (error) {
    throwLack(error)
    return errnoOf(error) === 'ENOENT' ? false : null
  }
}
