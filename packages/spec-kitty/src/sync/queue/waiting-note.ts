import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
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
  /** Whether the numbers of events are upper bounds: at least one event is meant. */
  readonly isAtMost?: boolean
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
export function noteText({ waiting, rejected, lastSeq, committedSeq, seenAt, isAtMost }: Note): string {
  const json = {
    waiting,
    rejected,
    last_seq: lastSeq,
    seen_at: seenAt,
    ...(isAtMost === true ? { at_most: true } : {}),
  }
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

/** What is known of a queue that is an older copy. */
export interface Older {
  /** The highest number that the queue in whose place it is may have given to an event. */
  readonly givenSeq: number
  /** What it lacks; null if that is nothing. */
  readonly lost: LostEvents | null
}

/**
 * Like `putNoteAside`, if the queue at the path is an older copy. `newest`: returns the highest number that an event of it
 * ever had. Call this while no other process can change the queue, and see to it that its next events get higher numbers than
 * `givenSeq`: else they would be taken for those that are lost. Returns null if it is no older copy. If the same is called
 * again, because the process was killed meanwhile, the loss is still one.
 */
export function putOlderAside(path: string, newest: () => number | null): Older | null {
  const note = parseNote(noteOf(path))
  const older = olderThan(note, newest)
  if (older === null || note === null) return null
  const { lost } = older
  if (lost === null) return { ...older, lost: null }
  writeAside(dirname(path), { ...lost, lastSeq: note.lastSeq, committedSeq: note.committedSeq })
  return { ...older, lost: { ...lost, file: 'replaced' } }
}

/** The name is that of the time of the note, so that a second one of the same loss is the same file. */
function writeAside(directory: string, note: Note): void {
  const text = noteText(note)
  try {
    for (let time = Date.parse(note.seenAt ?? '') || Date.now(); ; time += 1) {
      const file = join(directory, asideName(time))
      if (existsSync(file) && readFileSync(file, 'utf8') !== text) continue
      writeFileSync(file, text, { mode: 0o600 })
      return
    }
  } catch {}
}

/**
 * Returns what is known of the queue with the highest number `newest` if it is an older copy than the one of the note;
 * otherwise null. It lacks those events that got their numbers later. At least one is missing if the newest event of the
 * note is. How many is not known, because numbers are used up by duplicates, and by events that were sent meanwhile.
 */
function olderThan(note: Note | null, newest: () => number | null): Older | null {
  const committedSeq = note?.committedSeq ?? null
  // The note was read before: what was committed when it was written is in every later view of the queue.
  const found = committedSeq === null ? null : newest()
  if (note === null || committedSeq === null || found === null || found >= committedSeq) return null
  // The last transaction may not have been committed.
  const lastSeq = note.lastSeq ?? 0
  const lacking = Math.min(committedSeq, lastSeq) - found
  const [waiting, rejected] = [Math.min(note.waiting, lacking), Math.min(note.rejected, lacking)]
  const { seenAt } = note
  const isAtMost = waiting + rejected > 1 || lastSeq > committedSeq
  return {
    givenSeq: Math.max(committedSeq, lastSeq),
    lost: lacking > 0 ? { waiting, rejected, seenAt, isAtMost, file: 'older' } : null,
  }
}

/** Returns whether the queue at the path is an older copy, and this was not noticed yet. Never throws. */
export function isOlder(path: string, newest: () => number | null): boolean {
  return olderThan(parseNote(noteOf(path)), newest) !== null
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
  const last = file === 'queue' ? (olderThan(note, newest)?.lost ?? null) : note
  const earlier = notesAside(path).filter(({ note: one }) => one !== null && !isBack(one, isThere))
  const all = [...earlier.map(({ note: one }) => one), last].filter((one) => one !== null)
  if (all.length === 0) return null
  return {
    waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
    rejected: all.reduce((sum, { rejected }) => sum + rejected, 0),
    seenAt: all.at(-1)?.seenAt ?? null,
    isAtMost: all.some(({ isAtMost }) => isAtMost === true),
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
    const file = join(directory, asideName(time))
    if (!existsSync(file)) return file
  }
}

function asideName(time: number): string {
  return `lost-${new Date(time).toISOString().replaceAll(':', '')}.json`
}

/** Returns null if nothing is known, or if no event was in the queue. */
export function readNote(file: string): Note | null {
  const note = parseNote(file)
  return note === null || note.waiting + note.rejected === 0 ? null : note
}

function parseNote(file: string): Note | null {
  try {
    const read = readSmallFile(file)
    const [line] = read.state === 'text' ? read.text.split('\n') : []
    const json = objectOf(parseJson(line ?? ''))
    if (json === null) return null
    const seenAt = stringOf(json['seen_at'])
    return {
      waiting: countOf(json['waiting']) ?? 0,
      rejected: countOf(json['rejected']) ?? 0,
      lastSeq: countOf(json['last_seq']),
      committedSeq: countOf(json['committed_seq']),
      seenAt: Number.isNaN(Date.parse(seenAt ?? '')) ? null : seenAt,
      isAtMost: json['at_most'] === true,
    }
  } catch {
    return null
  }
}
