import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errnoOf, throwLack } from '../errors.js'
import { CAREFUL } from '../observe/small-file.js'
import { writeNewFile } from './safe-file.js'

/** Why a record file was replaced: it was damaged, or its daemon was replaced. */
export type Why = 'corrupt' | 'replaced'

/** The path to which the old content was saved (`aside`). `isMoved`: the original itself was moved there, not copied. */
export interface Kept {
  readonly aside: string
  readonly isMoved: boolean
}

/** How many copies of one record are kept. */
const KEPT_COPIES = 3

/** The largest file that is read into memory, copied and searched for tokens. A record has a few hundred bytes. */
const MAX_COPIED_BYTES = 8 * 1024 * 1024

/**
 * A temporary file older than this was left by a process that was killed while writing: writing a record, or testing for
 * free space, never takes this long.
 */
const ABANDONED_MS = 60_000

const REDACTED = '<redacted>'

/**
 * The minimum length of a token that is replaced in a copy. A shorter one may also occur in other text, and replacing it
 * there would damage the copy.
 */
const SHORTEST_TOKEN = 16

const READ_SAFELY = constants.O_RDONLY | CAREFUL

const COPY_NAME = /^(?:corrupt|replaced)-(\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z)$/
/** A text that sorts after every time. The newest copy gets it, so that it is kept even if the clock was set back. */
const LATEST = '~'
const TEMPORARY_NAME = /^\.(?:record|room|new)-[0-9a-f]{12}$/

/**
 * Saves the file at the path of a record, so that nothing that a user wrote is lost: as a copy (0600) under a name that
 * says why and when. In the copy, `token` (if given) and every text that looks like a token are replaced. A file that is
 * not regular, cannot be read or is larger than 8 MiB is moved instead, with its content unchanged. Only the newest three
 * copies are kept. Returns null if nothing is at the path. On failure, throws the system's error or `E_RESOURCES`, and
 * leaves the original in place.
 */
export function keepCopy(path: string, why: Why, token: string | null = null): Kept | null {
  const found = readCopy(path)
  if (found === 'absent') return null
  const aside = freeName(path, why)
  const isMoved = found === 'cannot be copied'
  if (isMoved) moveAside(path, aside)
  else writeNewFile(aside, Buffer.from(withoutTokens(found.text, token), 'latin1'))
  tidyCopies(path, aside)
  return { aside, isMoved }
}

/**
 * Removes all copies of a record but the newest three, and the temporary files that a killed process left. Removes only
 * regular files with such names. Never throws: a file that cannot be removed now is tried again next time.
 */
export function tidyCopies(path: string, justMade: string | null = null): void {
  const directory = dirname(path)
  const rank = (name: string): string => (join(directory, name) === justMade ? LATEST : timeIn(name))
  try {
    const names = readdirSync(directory)
    const copies = names.filter((name) => isCopyOf(path, name) && isFile(join(directory, name)))
    const old = copies.toSorted((a, b) => (rank(a) < rank(b) ? 1 : -1)).slice(KEPT_COPIES)
    const abandoned = names.filter((name) => TEMPORARY_NAME.test(name) && isAbandoned(join(directory, name)))
    for (const name of [...old, ...abandoned]) rmSync(join(directory, name), { force: true })
  } catch {
    // If a removal fails, the next call tries again.
  }
}

/** Reads each byte as one character (latin1), so that bytes that are not UTF-8 survive. */
function readCopy(path: string): { readonly text: string } | 'absent' | 'cannot be copied' {
  let descriptor: number | null = null
  try {
    if (!lstatSync(path).isFile()) return 'cannot be copied'
    descriptor = openSync(path, READ_SAFELY)
    const found = fstatSync(descriptor)
    if (!found.isFile() || found.size > MAX_COPIED_BYTES) return 'cannot be copied'
    return { text: readFileSync(descriptor, 'latin1') }
  } catch (error) {
    throwLack(error)
    return errnoOf(error) === 'ENOENT' ? 'absent' : 'cannot be copied'
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

/** Replaces the given token, and every hexadecimal text that has the length of a token. */
function withoutTokens(text: string, token: string | null): string {
  const known = (token ?? '').length < SHORTEST_TOKEN ? text : text.replaceAll(token ?? '', REDACTED)
  return known.replaceAll(/[0-9a-f]{32,}/gi, REDACTED)
}

function moveAside(path: string, aside: string): void {
  renameSync(path, aside)
  if (!isFile(aside)) return
  try {
    const descriptor = openSync(aside, READ_SAFELY)
    fchmodSync(descriptor, 0o600)
    closeSync(descriptor)
  } catch {
    // If this fails, the permissions stay as they were.
  }
}

/** Two copies in the same millisecond must not share a name: the later one gets the next millisecond. */
function freeName(path: string, why: Why): string {
  for (let time = Date.now(); ; time++) {
    const aside = `${path}.${why}-${new Date(time).toISOString().replaceAll(':', '')}`
    if (lstatSync(aside, { throwIfNoEntry: false }) === undefined) return aside
  }
}

function isCopyOf(path: string, name: string): boolean {
  const prefix = `${basename(path)}.`
  return name.startsWith(prefix) && COPY_NAME.test(name.slice(prefix.length))
}

/** Returns the part of a copy's name that gives its time. Sorting these parts as text sorts them by time. */
function timeIn(name: string): string {
  return name.slice(name.lastIndexOf('T') - 'YYYY-MM-DD'.length)
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function isAbandoned(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true && Date.now() - found.mtimeMs > ABANDONED_MS
}
