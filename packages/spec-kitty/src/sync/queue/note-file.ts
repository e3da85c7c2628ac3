import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { countOf, createFile, objectOf, parseJson, readSmallFile, stringOf } from 'familiar/cli'

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
  /** How many events were in a damaged database before some were saved. Those that are left are the number of the note. */
  readonly had?: Omit<QueueSize, 'lastSeq'>
}

/** The note is one line of this length, so that a new one covers the whole of the old one. */
const NOTE_CHARS = 200

/** The number of digits of the largest safe integer, with which a note begins: it is written again without the rest. */
const SEQ_CHARS = 16
const BEGIN = '{"committed_seq":'

/**
 * Remembers beside the queue how many events are in it, so that their loss can be told when the file is gone. The code
 * that changes the number calls this before the commit, while no other process can change it. So the note costs no wait for the
 * disk: it is one short write in place. After a loss of power it may be missing or older. `committedSeq`: the highest number
 * that an event had before the transaction. Never throws.
 */
export function noteSize(path: string, size: QueueSize, committedSeq: number | null): void {
  const text = noteText({ ...size, committedSeq, seenAt: new Date().toISOString() })
  write(path, openOrCreate, text, 0)
}

/** Call this after the commit of a transaction that has noted its size and given numbers to events. Never throws. */
export function noteCommitted(path: string, committedSeq: number | null): void {
  write(path, open, seqText(committedSeq), BEGIN.length)
}

function seqText(seq: number | null): string {
  return String(seq).padStart(SEQ_CHARS)
}

function open(file: string): number {
  return openSync(file, constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
}

/** `createFile` leaves this user's own permissions, whatever the umask is. */
function openOrCreate(file: string): number {
  try {
    return open(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return createFile(file, 0o600)
  }
}

/** If it fails, a loss is told with an older number, or not at all. */
function write(path: string, opened: (file: string) => number, text: string, at: number): void {
  let descriptor: number | null = null
  try {
    descriptor = opened(noteOf(path))
    writeSync(descriptor, text, at)
  } catch {
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

/** Returns the content of a note. */
export function noteText({ waiting, rejected, lastSeq, committedSeq, seenAt, isAtMost, had }: Note): string {
  const json = {
    waiting,
    rejected,
    last_seq: lastSeq,
    seen_at: seenAt,
    ...(isAtMost === true ? { at_most: true } : {}),
    ...(had === undefined ? {} : { had }),
  }
  const text = `${BEGIN}${seqText(committedSeq)},${JSON.stringify(json).slice(1)}`
  return `${text.padEnd(NOTE_CHARS - 1)}\n`
}

/** Writes a note that is whole or not there, also if the disk is full. Throws an error of the system. */
export function writeNote(file: string, note: Note): void {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, noteText(note), { mode: 0o600 })
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** Returns the path of the note of the queue at this path. */
export function noteOf(path: string): string {
  return join(dirname(path), 'waiting.json')
}

/** Returns null if nothing is known, or if no event was in the queue. */
export function readNote(file: string): Note | null {
  const note = parseNote(file)
  return note === null || note.waiting + note.rejected === 0 ? null : note
}

/** Returns null if nothing is known. */
export function parseNote(file: string): Note | null {
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
      ...hadIn(json),
    }
  } catch {
    return null
  }
}

function hadIn(json: Readonly<Record<string, unknown>>): Pick<Note, 'had'> {
  const had = objectOf(json['had'])
  const [waiting, rejected] = [countOf(had?.['waiting']), countOf(had?.['rejected'])]
  return waiting === null || rejected === null ? {} : { had: { waiting, rejected } }
}
