import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { errnoOf } from '../errors.js'
import { fileNameOf, textOfBytes } from '../identity/path-text.js'

/** The paths of one scope that a look reads. */
export interface PeekRequest {
  readonly scope: string
  readonly records: readonly string[]
  readonly sharedOwner: string | null
  readonly daemonLock: string
}

export type PeekedFile =
  | { readonly state: 'absent' }
  | { readonly state: 'text'; readonly text: string }
  | { readonly state: 'unreadable'; readonly why: string }

export interface PeekReply {
  readonly real: string | null
  readonly gone: boolean | null
  readonly emptyForSeconds: number | null
  readonly records: readonly PeekedFile[]
  readonly sharedOwnerPresent: boolean | null
  readonly daemonLock: PeekedFile
}

/** A record has some hundred bytes. A larger file is none. */
const MAX_RECORD_BYTES = 64 * 1024

/**
 * Reads what a scope's directory says. Writes nothing and never throws, but may block for as long as the file system
 * does: a path that somebody else named belongs into a process of its own (`scopes.ts`).
 */
export function peek(request: PeekRequest): PeekReply {
  const gone = isGone(request.scope)
  return {
    real: realPath(request.scope),
    gone,
    emptyForSeconds: emptyForSeconds(gone === true ? dirname(resolve(request.scope)) : request.scope),
    records: request.records.map(readSmallFile),
    sharedOwnerPresent: request.sharedOwner === null ? null : exists(request.sharedOwner),
    daemonLock: readSmallFile(request.daemonLock),
  }
}

/** Resolves the links of the part that exists and keeps the rest. Null when that cannot be told. */
export function realPath(path: string): string | null {
  const absolute = resolve(path)
  try {
    return textOfBytes(realpathSync.native(fileNameOf(absolute), 'buffer'))
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || dirname(absolute) === absolute) return null
    const parent = realPath(dirname(absolute))
    return parent === null ? null : join(parent, basename(absolute))
  }
}

/** True only where absence is proven: the parent is there and is no mount point that lost its file system. */
export function isGone(path: string): boolean | null {
  const found = exists(path)
  if (found !== false) return found === null ? null : false
  const parent = dirname(resolve(path))
  if (exists(parent) !== true) return null
  try {
    const isMountPoint = statSync(fileNameOf(parent)).dev !== statSync(fileNameOf(dirname(parent))).dev
    return isMountPoint && readdirSync(fileNameOf(parent)).length === 0 ? null : true
  } catch {
    return null
  }
}

/** Returns for how long a directory has been empty, in seconds; null for one that is not, or cannot be read. */
function emptyForSeconds(directory: string): number | null {
  try {
    if (readdirSync(fileNameOf(directory)).length > 0) return null
    return Math.max(0, (Date.now() - statSync(fileNameOf(directory)).mtimeMs) / 1000)
  } catch {
    return null
  }
}

function exists(path: string): boolean | null {
  try {
    statSync(fileNameOf(path))
    return true
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? false : null
  }
}

/**
 * Returns the text of a file of at most 64 KiB, or why it could not be read; never throws. Opened without waiting, so that a
 * FIFO in the place of a record is not waited for.
 */
export function readSmallFile(path: string): PeekedFile {
  let descriptor: number
  try {
    descriptor = openSync(fileNameOf(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    return errnoOf(error) === 'ENOENT' ? { state: 'absent' } : unreadable(error)
  }
  try {
    const found = fstatSync(descriptor)
    if (!found.isFile()) return { state: 'unreadable', why: 'it is not a file' }
    if (found.size > MAX_RECORD_BYTES) return { state: 'unreadable', why: 'it is too large' }
    const buffer = Buffer.alloc(MAX_RECORD_BYTES)
    return { state: 'text', text: buffer.toString('utf8', 0, readSync(descriptor, buffer)) }
  } catch (error) {
    return unreadable(error)
  } finally {
    closeSync(descriptor)
  }
}

function unreadable(error: unknown): PeekedFile {
  return { state: 'unreadable', why: errnoOf(error) ?? String(error) }
}
