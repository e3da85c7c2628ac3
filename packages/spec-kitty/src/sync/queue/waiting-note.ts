import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { countOf, objectOf, parseJson, readSmallFile, stringOf } from 'familiar/cli'
import { isOfRemovedDatabase } from './quarantined-databases.js'

/** How many events are in the file of a queue. */
export interface QueueSize {
  readonly waiting: number
  /** How many the server has rejected. */
  readonly rejected: number
  /** The number of the newest one; null if it is not known. It is unique among all queues of this path. */
  readonly lastSeq: number | null
}

/** What is remembered of a queue beside it. */
export interface Note extends QueueSize {
  /** ISO 8601; null if unknown. */
  readonly seenAt: string | null
  /**
   * The highest number that an event had when a transaction was last known to be committed; null if unknown. A queue that
   * has not given it yet is an older copy.
   */
  readonly committedSeq: number | null
}

/** Events that were queued, and whose file was removed, moved away, emptied, damaged or replaced by an older copy. */
export interface LostEvents extends Omit<Note, 'lastSeq' | 'committedSeq'> {
  /**
   * What is at the path now. `replaced`: another queue. `older`: an older copy, which no process has opened to write yet.
   * `damaged`: they could not be read. `various`: of several losses.
   */
  readonly file: 'missing' | 'empty' | 'replaced' | 'older' | 'damaged' | 'various'
}

/** The note is one line of this length, so that a new one covers the whole of the old one. */
const NOTE_CHARS = 200

/** The number of digits of the largest safe integer, with which a note begins: it is written again without the rest. */
const SEQ_CHARS = 16
const BEGIN = '{"committed_seq":'

const CAREFUL = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Matches the names of the notes of queues that are gone. */
const LOST = /^lost-(?:damaged-)?\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z\.json$/

/** How the names of those begin whose queue was damaged. */
const DAMAGED = /^(?:lost-)?damaged-/

/**
 * Remembers beside the queue how many events are in it, so that their loss can be told when the file is gone. Whoever
 * changes the number calls this before the commit, while no other process can change it. So the note costs no wait for the
 * disk: it is one short write in place. After a loss of power it may be missing or older. `committedSeq`: the highest number
 * that an event had before the transaction. Never throws.
 */
export function noteSize(path: string, size: QueueSize, committedSeq: number | null): void {
  const text = noteText({ ...size, committedSeq, seenAt: new Date().toISOString() })
  write(path, constants.O_WRONLY | constants.O_CREAT, text, 0)
}

/** Call this after the commit of a transaction that has noted its size and given numbers to events. Never throws. */
export function noteCommitted(path: string, committedSeq: number | null): void {
  write(path, constants.O_WRONLY, seqText(committedSeq), BEGIN.length)
}

function seqText(seq: number | null): string {
  return String(seq).padStart(SEQ_CHARS)
}

/** If it fails, a loss is told with an older number, or not at all. */
function write(path: string, flags: number, text: string, at: number): void {
  let descriptor: number | null = null
  try {
    descriptor = openSync(noteOf(path), flags | CAREFUL, 0o600)
    writeSync(descriptor, text, at)
  } catch {
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

/** Returns the content of a note. */
export function noteText({ waiting, rejected, lastSeq, committedSeq, seenAt }: Note): string {
  const json = { waiting, rejected, last_seq: lastSeq, seen_at: seenAt }
  const text = `${BEGIN}${seqText(committedSeq)},${JSON.stringify(json).slice(1)}`
  return `${text.padEnd(NOTE_CHARS - 1)}\n`
}

/**
 * Call this before a new queue is made at the path. If events were in one that is gone, its note is put aside, and their
 * loss is told from then on. Returns that loss; null if there is none. Never throws.
 */
export function putNoteAside(path: string): LostEvents | null {
  const file = whatIsThere(path)
  const note = file === 'queue' ? null : readNote(noteOf(path))
  if (file === 'queue' || note === null) return null
  try {
    renameSync(noteOf(path), freeName(dirname(path)))
  } catch {}
  return { ...note, file: 'replaced' }
}

/**
 * Like `putNoteAside`, if the queue at the path is an older copy. `newest`: returns the highest number that an event of it
 * ever had. Call this while no other process can change the queue, and see to it that its next events get higher numbers than
 * `committedSeq`: else they would be taken for those that are lost.
 */
export function putOlderAside(
  path: string,
  newest: () => number | null,
): (LostEvents & { readonly committedSeq: number }) | null {
  const note = lackingIn(readNote(noteOf(path)), newest)
  if (note === null) return null
  const aside = freeName(dirname(path))
  try {
    renameSync(noteOf(path), aside)
    const { waiting, rejected, lastSeq, seenAt } = note
    writeFileSync(aside, JSON.stringify({ waiting, rejected, last_seq: lastSeq, seen_at: seenAt }))
  } catch {}
  return { ...note, file: 'replaced' }
}

/**
 * Returns what an older copy lacks of what the note counts; null if it is none. The events that are in the note are the
 * newest ones, as the oldest leave first, and each event has the next number.
 */
function lackingIn(
  note: Note | null,
  newest: () => number | null,
): (Note & { readonly committedSeq: number }) | null {
  const committedSeq = note?.committedSeq ?? null
  // The note was read before: what was committed when it was written is in every later view of the queue.
  const found = committedSeq === null ? null : newest()
  if (note === null || committedSeq === null || found === null || found >= committedSeq) return null
  const waiting = Math.min(note.waiting, committedSeq - found)
  const rejected = Math.min(note.rejected, committedSeq - found - waiting)
  return { ...note, committedSeq, waiting, rejected }
}

/** Returns whether the queue at the path is an older copy, and what it lacks was not put aside yet. Never throws. */
export function isOlder(path: string, newest: () => number | null): boolean {
  return lackingIn(readNote(noteOf(path)), newest) !== null
}

/** Returns whether events may be lost, which only the queue can tell. Never throws. */
export function mayBeLost(path: string): boolean {
  return readNote(noteOf(path)) !== null || notesAside(path).some(({ note }) => note !== null)
}

/**
 * Returns the events that were lost with their file; null if none are known to be. `isThere`: whether the queue at the
 * path has the event with this number. If it does, the lost file was put back, or its events were saved. `newest`: returns
 * the highest number that an event of that queue ever had; null if that is not known. Never throws.
 */
export function lostEvents(
  path: string,
  isThere: (seq: number) => boolean = () => false,
  newest: () => number | null = () => null,
): LostEvents | null {
  const file = whatIsThere(path)
  const note = readNote(noteOf(path))
  const last = file === 'queue' ? lackingIn(note, newest) : note
  const earlier = notesAside(path).filter(({ note: one }) => one !== null && !isBack(one, isThere))
  const all = [...earlier.map(({ note: one }) => one), last].filter((one) => one !== null)
  if (all.length === 0) return null
  return {
    waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
    rejected: all.reduce((sum, { rejected }) => sum + rejected, 0),
    seenAt: all.at(-1)?.seenAt ?? null,
    file:
      last === null
        ? whatBecameOf(earlier, file)
        : earlier.some(({ file: name }) => DAMAGED.test(basename(name)))
          ? 'various'
          : file === 'queue'
            ? 'older'
            : file,
  }
}

function fileNow(file: 'missing' | 'empty' | 'queue'): LostEvents['file'] {
  return file === 'queue' ? 'replaced' : file
}

function whatBecameOf(
  notes: readonly { readonly file: string }[],
  now: 'missing' | 'empty' | 'queue',
): LostEvents['file'] {
  const damaged = notes.filter(({ file }) => DAMAGED.test(basename(file)))
  if (damaged.length === 0) return fileNow(now)
  return damaged.length === notes.length ? 'damaged' : 'various'
}

/** Ends the losses of files that are back, by the same test as `lostEvents`. Never throws. */
export function endLosses(path: string, isThere: (seq: number) => boolean): void {
  for (const { file, note } of notesAside(path)) {
    try {
      if (note !== null && isBack(note, isThere)) rmSync(file, { force: true })
    } catch {}
  }
}

/** Forgets all losses. Throws an error of the system if it cannot. */
export function forgetLosses(path: string): void {
  for (const { file } of notesAside(path)) rmSync(file, { force: true })
  if (whatIsThere(path) !== 'queue') rmSync(noteOf(path), { force: true })
}

function isBack({ lastSeq }: Note, isThere: (seq: number) => boolean): boolean {
  return lastSeq !== null && isThere(lastSeq)
}

/** An empty file with a WAL is a damaged queue. One that cannot be looked at is not known to be gone. */
function whatIsThere(path: string): 'missing' | 'empty' | 'queue' {
  try {
    const size = lstatSync(path, { throwIfNoEntry: false })?.size
    if (size === undefined) return 'missing'
    return size + (lstatSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0 ? 'empty' : 'queue'
  } catch {
    return 'queue'
  }
}

/** Returns the path of the note of the queue at this path. */
export function noteOf(path: string): string {
  return join(dirname(path), 'waiting.json')
}

/** Each loss is a file of its own, so that nobody who adds or ends one can undo what another process does. */
function notesAside(path: string): readonly { readonly file: string; readonly note: Note | null }[] {
  const names = namesIn(dirname(path))
  return names
    .filter((name) => LOST.test(name) || isOfRemovedDatabase(name, path, names))
    .toSorted()
    .map((name) => join(dirname(path), name))
    .map((file) => ({ file, note: readNote(file) }))
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function freeName(directory: string): string {
  for (let time = Date.now(); ; time += 1) {
    const file = join(directory, `lost-${new Date(time).toISOString().replaceAll(':', '')}.json`)
    if (!existsSync(file)) return file
  }
}

/** Returns null if nothing is known, or if no event was in the queue. */
export function readNote(file: string): Note | null {
  try {
    const read = readSmallFile(file)
    const [line] = read.state === 'text' ? read.text.split('\n') : []
    const json = objectOf(parseJson(line ?? ''))
    const [waiting, rejected] = [countOf(json?.['waiting']) ?? 0, countOf(json?.['rejected']) ?? 0]
    const seenAt = stringOf(json?.['seen_at'])
    if (waiting + rejected === 0) return null
    return {
      waiting,
      rejected,
      lastSeq: countOf(json?.['last_seq']),
      committedSeq: countOf(json?.['committed_seq']),
      seenAt: Number.isNaN(Date.parse(seenAt ?? '')) ? null : seenAt,
    }
  } catch {
    return null
  }
}
