import { renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import {
  isKindSaved,
  isOfDatabaseAside,
  isSaved,
  quarantinedDatabases,
  sizeNoteOf,
} from './quarantined-databases.js'
import { noteOf, parseNote, readNote, writeNote, type Note, type QueueSize } from './note-file.js'

/**
 * Keeps the number of events in a queue that was put aside as damaged under this name, so that those that cannot be read of
 * it can be told as lost. Never throws.
 */
export function keepSize(path: string, database: string): void {
  try {
    renameSync(noteOf(path), sizeNoteOf(database))
  } catch {
    // Then the number is not known.
  }
}

/**
 * Does the same for a database whose `quarantine` was interrupted. Call this before a new queue is made at the path. Never
 * throws.
 */
export function finishKeeping(path: string): void {
  const [note, last] = [parseNote(noteOf(path)), quarantinedDatabases(path).at(-1)]
  if (note !== null && last !== undefined && isOfDatabaseAside(note, path)) keepSize(path, last)
}

/** Returns how many events were in these damaged databases, as far as that is known and not told as lost already. */
export function knownSize(databases: readonly string[]): number {
  return databases
    .map((one) => readNote(sizeNoteOf(one)))
    .reduce((sum, note) => sum + (note === null ? 0 : note.waiting + note.rejected), 0)
}

/**
 * Call this when a database was read to its end. What was saved of it is not lost with it, also if its rejected events were
 * not wanted. Once all that can be read of it is saved, the rest is lost: it is told from then on, also when the database is
 * removed. Never throws.
 */
export function settleSize(database: string, read: Omit<QueueSize, 'lastSeq'>): void {
  const file = sizeNoteOf(database)
  try {
    const note = readSize(file)
    if (note === null) return
    const leftOf = (kind: 'waiting' | 'rejected'): number =>
      isKindSaved(database, kind) ? Math.max(0, note.had[kind] - read[kind]) : note.had[kind]
    const [waiting, rejected, { seenAt }] = [leftOf('waiting'), leftOf('rejected'), note]
    // The number of the newest event says nothing about those that could not be read.
    const left = { waiting, rejected, lastSeq: null, committedSeq: null, seenAt }
    if (!isSaved(database)) return writeNote(file, { ...left, had: note.had })
    if (waiting + rejected > 0) writeNote(join(dirname(file), `lost-${basename(file)}`), left)
    rmSync(file, { force: true })
  } catch {
    // Then the whole number is told when the database is removed.
  }
}

function readSize(file: string): (Note & { readonly had: NonNullable<Note['had']> }) | null {
  const note = parseNote(file)
  if (note === null) return null
  const had = note.had ?? { waiting: note.waiting, rejected: note.rejected }
  return had.waiting + had.rejected === 0 ? null : { ...note, had }
}
