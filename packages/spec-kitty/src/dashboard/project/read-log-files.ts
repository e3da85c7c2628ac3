import { isUtf16 } from './decode-text.js'
import type { OpenFile } from './disk.js'
import { MAX_LINE_BYTES, readLog, type Log, type LogReader } from './event-log.js'
import { giveWay } from './give-way.js'
import { isBrokenAnnotation } from './line-head.js'
import type { LineReader, LongLine } from './line-reader.js'
import { packageNamedIn } from './log-gaps.js'
import { readBytes, withFile } from './read-safely.js'
import type { LocatedEntry } from './locate.js'
import type { Reading } from './remember-files.js'

/**
 * The maximum size of a log that is read in full. Of a larger file, only the end is read, because it contains the latest
 * lanes.
 */
const MAX_EVENTS_BYTES = 16 * 1024 * 1024
const CHUNK_BYTES = 64 * 1024
const NEWLINE = 10
const BYTE_ORDER_MARK = '\uFEFF'

/** A log in UTF-16 is not read, because a part of it in another encoding would be misunderstood. */
const UTF16 = 'is UTF-16, and a log must be UTF-8: none of it was read'
const UTF16_BYTES = 4

/** How many bytes are kept of the beginning and the end of a line that is too long, to find out which package it is about. */
const KEPT_BYTES = 64 * 1024

/** A copy of a mission's log. */
export interface LogCopy {
  /** The worktree of the copy; null for the main checkout. */
  readonly worktree: string | null
  readonly found: LocatedEntry
}

/**
 * Returns the events of all copies of a log. Each copy is read in chunks. The copy of a worktree usually begins like the
 * first one; only the part after that is parsed.
 */
export async function readLogs(copies: readonly LogCopy[]): Promise<Reading<Log>> {
  const [only, ...others] = copies
  if (only?.worktree === null && others.length === 0 && Number(only.found.stats.size) <= MAX_GROWING_BYTES)
    return readGrowing(only.found)
  const log = readLog()
  let isKept = true
  for (const { worktree, found } of copies) {
    const lines = log.file(worktree)
    const first = copies[0]?.found
    const read = await withFile(found, async (handle) => {
      if (isUtf16(await readBytes(handle, 0, UTF16_BYTES))) {
        lines.unread(UTF16)
        return null
      }
      const common = first === undefined || first === found ? NOTHING : await compare(first, found, handle)
      lines.skip(common.lines)
      await readLines(handle, Number(found.stats.size), common.bytes, lines)
      return null
    })
    if (read === null) continue
    lines.unread(read.what)
    isKept = false
  }
  return { value: log.result(), is_kept: isKept }
}

/** A log that is read repeatedly while it grows. What was already parsed is reused. */
interface Growing {
  /** The bytes that were parsed; they end with a newline. */
  readonly bytes: Buffer
  readonly log: LogReader
  readonly splitter: ReturnType<typeof lineSplitter>
}

const MAX_GROWING_BYTES = 1024 * 1024
const MAX_GROWING = 4

/** The logs that were read most recently, by path. */
const growing = new Map<string, Growing>()

/** Frees the memory of the logs that were read most recently. */
export function forgetLogs(): void {
  growing.clear()
}

/** Returns the events of a log. If it begins with the bytes that were parsed before, only the part after them is parsed. */
async function readGrowing(found: LocatedEntry): Promise<Reading<Log>> {
  const read = await withFile(found, async (handle, { size }) => readBytes(handle, 0, Number(size)))
  if ('kind' in read) {
    const log = readLog()
    log.file(null).unread(read.what)
    return { value: log.result(), is_kept: false }
  }
  const bytes = Buffer.from(read.buffer, read.byteOffset, read.byteLength)
  if (isUtf16(bytes)) {
    const log = readLog()
    log.file(null).unread(UTF16)
    return { value: log.result(), is_kept: true }
  }
  const before = growing.get(found.path)
  growing.delete(found.path)
  const isGrown = before !== undefined && before.bytes.equals(bytes.subarray(0, before.bytes.length))
  const { log, splitter } = isGrown ? before : beginLog()
  const end = bytes.lastIndexOf(NEWLINE) + 1
  splitter.take(bytes.subarray(isGrown ? before.bytes.length : 0, end))
  if (end < bytes.length) {
    splitter.take(bytes.subarray(end))
    splitter.end()
  } else keepGrowing(found.path, { bytes, log, splitter })
  return { value: log.result(), is_kept: true }
}

function beginLog(): Omit<Growing, 'bytes'> {
  const log = readLog()
  return { log, splitter: lineSplitter(log.file(null), false) }
}

function keepGrowing(path: string, log: Growing): void {
  growing.set(path, log)
  const [oldest] = growing.keys()
  if (growing.size > MAX_GROWING && oldest !== undefined) growing.delete(oldest)
}

interface Common {
  readonly bytes: number
  readonly lines: number
}

const NOTHING: Common = { bytes: 0, lines: 0 }

/** Returns how many lines at the beginning of a copy are the same as in the first copy, and their total length. */
async function compare(first: LocatedEntry, found: LocatedEntry, handle: OpenFile): Promise<Common> {
  if (Math.max(Number(first.stats.size), Number(found.stats.size)) > MAX_EVENTS_BYTES) return NOTHING
  const common = await withFile(first, (other) => commonLines(other, handle, Number(found.stats.size)))
  return 'kind' in common ? NOTHING : common
}

async function commonLines(one: OpenFile, other: OpenFile, size: number): Promise<Common> {
  let common = NOTHING
  for (let at = 0; at < size; at += CHUNK_BYTES) {
    const [a, b] = [await readBytes(one, at, CHUNK_BYTES), await readBytes(other, at, CHUNK_BYTES)]
    const equal = equalBytes(a, b)
    common = countLines(b.subarray(0, equal), at, common)
    if (equal < b.length) return common
  }
  // An unfinished line at the end is also in the first copy, and may be finished there.
  return { ...common, bytes: size }
}

function equalBytes(one: Uint8Array, other: Uint8Array): number {
  const length = Math.min(one.length, other.length)
  if (Buffer.compare(one.subarray(0, length), other.subarray(0, length)) === 0) return length
  let at = 0
  while (one[at] === other[at]) at += 1
  return at
}

function countLines(bytes: Uint8Array, offset: number, { bytes: before, lines }: Common): Common {
  let [count, end] = [lines, before]
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
    count += 1
    end = offset + at + 1
  }
  return { bytes: end, lines: count }
}

async function readLines(handle: OpenFile, size: number, from: number, into: LineReader): Promise<void> {
  const start = Math.max(from, size - MAX_EVENTS_BYTES)
  if (start > from) into.cut('is larger than 16 MiB, and only its end was read')
  const lines = lineSplitter(into, start > from)
  for (let at = start; at < size; at += CHUNK_BYTES) {
    lines.take(await readBytes(handle, at, Math.min(CHUNK_BYTES, size - at)))
    await giveWay()
  }
  lines.end()
}

/**
 * Returns a reader that splits bytes into lines. With `skipsFirst`, the first line is dropped, because it is incomplete:
 * reading began in the middle of the file.
 */
function lineSplitter(into: LineReader, skipsFirst: boolean) {
  let line = collectLine()
  let skips = skipsFirst
  let isFirst = true

  const textOf = (bytes: Buffer, from = 0, to = bytes.length): string => {
    const line = bytes.toString('utf8', from, to)
    const isMarked = isFirst && line.startsWith(BYTE_ORDER_MARK)
    isFirst = false
    return isMarked ? line.slice(BYTE_ORDER_MARK.length) : line
  }
  const text = (): string => textOf(line.whole())
  const finish = (): void => {
    if (skips) skips = false
    else if (line.isTooLong()) into.longLine(line.about())
    else into.line(text())
    line = collectLine()
  }
  return {
    take(chunk: Uint8Array): void {
      let from = 0
      const whole = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      for (let to = whole.indexOf(NEWLINE); to >= 0; to = whole.indexOf(NEWLINE, from)) {
        // Most lines begin and end in the same chunk, so they need not be joined.
        if (line.isEmpty() && !skips) into.line(textOf(whole, from, to))
        else {
          line.add(whole.subarray(from, to))
          finish()
        }
        from = to + 1
      }
      if (from < whole.length) line.add(whole.subarray(from))
    },
    end(): void {
      if (skips || line.isEmpty()) return
      if (line.isTooLong()) into.longLine(line.about())
      else into.rest(text())
    },
  }
}

/** Collects the bytes of one line. If the line is too long, keeps only its beginning and its end. */
function collectLine() {
  let parts: Buffer[] = []
  let bytes = 0
  let head: Buffer | null = null

  const shorten = (): void => {
    const all = Buffer.concat(parts)
    head ??= Buffer.from(all.subarray(0, KEPT_BYTES))
    parts = [Buffer.from(all.subarray(-KEPT_BYTES))]
  }
  return {
    add(part: Uint8Array): void {
      bytes += part.length
      parts.push(Buffer.from(part))
      if (bytes > MAX_LINE_BYTES) shorten()
    },
    isEmpty: () => bytes === 0,
    isTooLong: () => bytes > MAX_LINE_BYTES,
    whole: () => Buffer.concat(parts),
    about: (): LongLine => {
      const texts = [(head ?? Buffer.alloc(0)).toString(), Buffer.concat(parts).toString()]
      return { wp: packageNamedIn(texts), is_annotation: isBrokenAnnotation(texts) }
    },
  }
}
