import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { countOf, objectOf, parseJson, readSmallFile, stringOf, writePrivateFile } from 'familiar/cli'

/** Events that were queued, and whose file was removed or emptied while no process had it open. */
export interface LostEvents {
  readonly events: number
  /** When they were last seen, ISO 8601; null if unknown. */
  readonly seenAt: string | null
  /** What is at the path now. `replaced`: a queue that was made after that. */
  readonly file: 'missing' | 'empty' | 'replaced'
}

/** What is remembered beside the queue of how many events wait in it. */
interface Note {
  readonly waiting: number
  /** The number of events that were lost with an earlier file, until the user knows. */
  readonly lost: number
  readonly seenAt: string | null
}

const NOTHING: Note = { waiting: 0, lost: 0, seenAt: null }

/**
 * Remembers how many events wait, so that their loss can be told when the file is gone. `isOver`: events were
 * sent since, or those of the earlier file were saved, so an earlier loss is no longer told. Never throws: on a full disk nothing is remembered.
 */
export function noteWaiting(path: string, waiting: number, isOver = false): void {
  const note = readNote(path)
  const lost = isOver ? 0 : note.lost
  if (note.waiting !== waiting || note.lost !== lost) write(path, { ...note, waiting, lost })
}

/** Remembers events that were queued while none were known. The daemon, which counts after each pass, corrects the number. */
export function noteFirst(path: string, count: () => number): void {
  if (readNote(path).waiting === 0) noteWaiting(path, count())
}

/** Call this before a new queue is made at the path. If events were in one that is gone, that is told from then on. */
export function noteReplaced(path: string): void {
  const note = readNote(path)
  if (note.waiting > 0 && whatIsThere(path) !== 'queue')
    write(path, { ...note, waiting: 0, lost: note.lost + note.waiting }, note.seenAt)
}

/** Forgets the loss. Returns how many events were lost. */
export function forgetLost(path: string): number {
  const found = lostEvents(path)
  if (found !== null)
    write(path, { ...readNote(path), ...(found.file === 'replaced' ? {} : NOTHING), lost: 0 })
  return found?.events ?? 0
}

/** Returns the events that were lost with their file, or null. Opens nothing. */
export function lostEvents(path: string): LostEvents | null {
  const { waiting, lost, seenAt } = readNote(path)
  if (waiting + lost === 0) return null
  const there = whatIsThere(path)
  const events = there === 'queue' ? lost : lost + waiting
  return events === 0 ? null : { events, seenAt, file: there === 'queue' ? 'replaced' : there }
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

function noteOf(path: string): string {
  return join(dirname(path), 'waiting.json')
}

function readNote(path: string): Note {
  const file = readSmallFile(noteOf(path))
  const json = file.state === 'text' ? objectOf(parseJson(file.text)) : null
  const seenAt = stringOf(json?.['seen_at'])
  return {
    waiting: countOf(json?.['waiting']) ?? 0,
    lost: countOf(json?.['lost']) ?? 0,
    seenAt: Number.isNaN(Date.parse(seenAt ?? '')) ? null : seenAt,
  }
}

function write(
  path: string,
  { waiting, lost }: Note,
  seenAt: string | null = new Date().toISOString(),
): void {
  try {
    writePrivateFile(noteOf(path), `${JSON.stringify({ waiting, lost, seen_at: seenAt })}\n`)
  } catch {}
}
