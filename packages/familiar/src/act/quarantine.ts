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
import { parseRecord } from '../identity/record.js'
import { CAREFUL } from '../observe/peek.js'
import { writeNewFile } from './write-file.js'

/** Why a file is no longer the record: it was damaged, or its daemon was replaced. */
export type Why = 'corrupt' | 'replaced'

/** What was kept. `isMoved`: it no longer stands in its place. */
export interface Kept {
  readonly aside: string
  readonly isMoved: boolean
}

/** So many copies are kept of one record. */
const KEPT_COPIES = 3

/** A record has some hundred bytes. Nothing larger than this is read into memory, copied and searched for tokens. */
const MAX_COPIED_BYTES = 8 * 1024 * 1024

/** No daemon takes this long to write a record: what is older was left by one that was killed meanwhile. */
const ABANDONED_MS = 60_000

const REDACTED = '<redacted>'

/** To replace a shorter text wherever it occurs would spoil the rest, and it protects nothing. */
const SHORTEST_TOKEN = 16

const READ_SAFELY = constants.O_RDONLY | CAREFUL

const COPY_NAME = /^(?:corrupt|replaced)-(\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z)$/
/** Sorts behind every time: a clock that was set back must not cost the copy that was just made. */
const LATEST = '~'
const TEMPORARY_NAME = /^\.record-[0-9a-f]{12}$/

/**
 * Keeps what stands in the place of a record under a name that says why and when, so that nothing a user wrote is lost: as
 * a copy, 0600, with every token replaced. What is no file, cannot be read or has more than 8 MiB is moved instead, with
 * what is in it. Only the newest three copies stay. Null: nothing is there. Throws the system's error, and then leaves the
 * original.
 */
export function keepCopy(path: string, why: Why): Kept | null {
  const found = readCopy(path)
  if (found === 'absent') return null
  const aside = freeName(path, why)
  const isMoved = found === 'cannot be copied'
  if (isMoved) moveAside(path, aside)
  else writeNewFile(aside, Buffer.from(withoutTokens(found.text), 'latin1'))
  tidyCopies(path, aside)
  return { aside, isMoved }
}

/**
 * Removes all copies of a record but the newest three, and temporary files that a killed process left. Only regular files
 * with such a name are removed. Never throws: what could not be removed stays until the next time.
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
    // The next copy tries again.
  }
}

/** Bytes that are not UTF-8 stay what they are: every byte is read as one character. */
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

/** Tokens are hexadecimal. What a readable record names as its token is replaced whatever it looks like. */
function withoutTokens(text: string): string {
  const read = parseRecord(text)
  const token = (read.state === 'readable' ? read.record.token : null) ?? ''
  const known = token.length < SHORTEST_TOKEN ? text : text.replaceAll(token, REDACTED)
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
    // Its permissions stay as they were.
  }
}

/** Two in the same millisecond must not have one name: the later one gets the next millisecond. */
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

/** The times sort as texts. */
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
