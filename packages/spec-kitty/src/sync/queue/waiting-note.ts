import { existsSync, lstatSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isOfDatabaseAside, isOfRemovedDatabase, namesIn, nameOfTime } from './quarantined-databases.js'
import { noteOf, noteText, parseNote, readNote, writeNote, type Note } from './note-file.js'

/** Events that were queued, and whose file was removed, moved away, emptied, damaged or replaced by an older copy. */
export interface LostEvents extends Omit<Note, 'lastSeq' | 'committedSeq'> {
  /**
   * What is at the path now. `replaced`: another queue. `older`: an older copy, which no process has opened to write yet.
   * `damaged`: they could not be read. `various`: of several losses.
   */
  readonly file: 'missing' | 'empty' | 'replaced' | 'older' | 'damaged' | 'various'
  /** Whether all was saved that could be read of their files, which are damaged. */
  readonly isRestSaved?: boolean
}

/** Matches the names of the notes of queues that are gone. */
const LOST = /^lost-(?:damaged-)?\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z\.json$/

/** How the names of those begin whose database was read to its end, and all of it saved that could be. */
const REST = /^lost-damaged-/

/** How the names of those begin whose queue was damaged. */
const DAMAGED = /^(?:lost-)?damaged-/

/**
 * Call this before a new queue is made at the path. If events were in one that is gone, its note is put aside, and their
 * loss is told from then on. Returns that loss; null if there is none. Never throws.
 */
export function putNoteAside(path: string): LostEvents | null {
  const file = whatIsThere(path)
  const note = file === 'queue' ? null : readNote(noteOf(path))
  if (file === 'queue' || note === null || isOfDatabaseAside(note, path)) return null
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
      writeNote(file, note)
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
  const last = lastLoss(path, file, newest)
  const earlier = notesAside(path).filter(({ note: one }) => one !== null && !isBack(one, isThere))
  const all = [...earlier.map(({ note: one }) => one), last].filter((one) => one !== null)
  if (all.length === 0) return null
  return {
    waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
    rejected: all.reduce((sum, { rejected }) => sum + rejected, 0),
    seenAt: all.at(-1)?.seenAt ?? null,
    isRestSaved: last === null && earlier.every(({ file: name }) => REST.test(basename(name))),
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

/** Like `lostEvents`, with the queue at the path; null if there is none. Throws only what the queue throws. */
export function lostFrom(
  queue: { readonly contains: (seq: number) => boolean; readonly newest: () => number | null } | null,
  path: string,
): LostEvents | null {
  return lostEvents(
    path,
    (seq) => queue?.contains(seq) === true,
    () => queue?.newest() ?? null,
  )
}

/** Returns what is lost of the queue that was last at the path. */
function lastLoss(
  path: string,
  file: 'missing' | 'empty' | 'queue',
  newest: () => number | null,
): Pick<LostEvents, 'waiting' | 'rejected' | 'seenAt' | 'isAtMost'> | null {
  const note = readNote(noteOf(path))
  if (file === 'queue') return olderThan(note, newest)?.lost ?? null
  return note !== null && isOfDatabaseAside(note, path) ? null : note
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

/** Each loss is a file of its own, so that nobody who adds or ends one can undo what another process does. */
function notesAside(path: string): readonly { readonly file: string; readonly note: Note | null }[] {
  const names = namesIn(dirname(path))
  return names
    .filter((name) => LOST.test(name) || isOfRemovedDatabase(name, path, names))
    .toSorted()
    .map((name) => join(dirname(path), name))
    .map((file) => ({ file, note: readNote(file) }))
}

function freeName(directory: string): string {
  for (let time = Date.now(); ; time += 1) {
    const file = join(directory, asideName(time))
    if (!existsSync(file)) return file
  }
}

function asideName(time: number): string {
  return `lost-${nameOfTime(time)}.json`
}
