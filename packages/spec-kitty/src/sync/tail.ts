import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 250

/** Where a reader of a log stands: in which file, and how far. */
export interface Position {
  readonly inode: number
  readonly offset: number
}

/** Returns the last lines of a file, null when there is none, and the position behind them. */
export function lastLines(
  path: string,
  count: number,
): { readonly text: string | null; readonly end: Position } {
  try {
    const text = readFileSync(path, 'utf8')
    const end = { inode: statSync(path).ino, offset: Buffer.byteLength(text) }
    const lines = text.split('\n').slice(0, -1).slice(-count)
    return { text: count === 0 || lines.length === 0 ? '' : `${lines.join('\n')}\n`, end }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { text: null, end: { inode: 0, offset: 0 } }
  }
}

/** Hands over what is appended to the file, also after it was rotated to `.1`. Never returns. */
export async function followFile(
  path: string,
  from: Position,
  onText: (text: string) => void,
): Promise<never> {
  for (let at = from; ; await sleep(POLL_MS)) {
    const { text, end } = readMore(path, at)
    at = end
    if (text !== '') onText(text)
  }
}

interface Part {
  readonly text: string
  readonly end: Position
}

/** What was written to the old file between the last look and its rotation comes first. */
function readMore(path: string, at: Position): Part {
  const now = readFrom(path, at)
  if (now === null) return { text: '', end: at }
  if (now.end.inode === at.inode) return now
  const old = readFrom(`${path}.1`, at)
  return { text: `${old?.end.inode === at.inode ? old.text : ''}${now.text}`, end: now.end }
}

/** Reads on where the file is still the one of the position, else from its beginning; null when it cannot be opened. */
function readFrom(path: string, at: Position): Part | null {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch {
    return null
  }
  try {
    const { ino, size } = fstatSync(descriptor)
    const offset = ino === at.inode && size >= at.offset ? at.offset : 0
    const buffer = Buffer.alloc(size - offset)
    const read = readSync(descriptor, buffer, 0, buffer.length, offset)
    return { text: buffer.toString('utf8', 0, read), end: { inode: ino, offset: offset + read } }
  } finally {
    closeSync(descriptor)
  }
}
