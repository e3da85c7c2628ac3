import { constants } from 'node:fs'
import { lstat, open, type FileHandle } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 250

/** The number of bytes that are read at once, however large the file or one of its lines is. */
const BLOCK_BYTES = 256 * 1024

const LINE_FEED = 0x0a

/** Opening the log must not block on a FIFO and must not follow a symlink. (Windows has neither flag.) */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** The maximum number of bytes of a line that are searched for its time. */
const MAX_SEARCHED_BYTES = 256 * 1024

/** A log that is open for reading, with a read position that only moves forward. */
export interface Tail {
  /**
   * Moves to the start of the last `count` lines, and returns how many there are. An unfinished line at the end counts as
   * one.
   */
  seekLastLines(count: number): Promise<number>
  /**
   * Moves to the first line that is `wanted`, or to the end. Returns whether it is the first line for which `wanted` is
   * not null.
   */
  seekFirst(wanted: (line: string) => boolean | null): Promise<boolean>
  /** When the file was last written to, in milliseconds since 1970. */
  writtenAt(): Promise<number>
  /** Reads from the position to the current end of the file, in pieces; from the start if the file was truncated. */
  read(): AsyncGenerator<string>
  /**
   * If the log was truncated since the last read, opens the copy of its old content at the read position, and restarts
   * the log at its beginning. Returns null if the log was not truncated.
   */
  takeRest(copy: string): Promise<Tail | null>
  /** Whether the path still names this file, by device and inode. */
  isAt(path: string): Promise<boolean>
  close(): Promise<void>
}

/** Opens a log at a position; null if there is none. Throws if it is not a regular file: a device or a FIFO may have no end. */
export async function openTail(path: string, start = 0): Promise<Tail | null> {
  try {
    assertRegular(await lstat(path))
    const file = await open(path, FLAGS)
    try {
      assertRegular(await file.stat())
      return tailOf(file, start)
    } catch (error) {
      await file.close()
      throw error
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function assertRegular(found: Awaited<ReturnType<typeof lstat>>): void {
  if (found.isFile()) return
  throw new Error(found.isDirectory() ? 'EISDIR' : 'it is not a regular file')
}

function tailOf(file: FileHandle, start = 0): Tail {
  const block = Buffer.alloc(BLOCK_BYTES)
  let decoder = new StringDecoder('utf8')
  let offset = start
  let writtenAt = 0
  const readBlock = async (at: number, length: number): Promise<Buffer> =>
    block.subarray(0, (await file.read(block, 0, Math.min(length, BLOCK_BYTES), at)).bytesRead)
  return {
    seekLastLines: async (count) => {
      const { size } = await file.stat()
      const last = await lastLines(readBlock, size, count)
      offset = Math.max(offset, last.start)
      return last.count
    },
    seekFirst: async (wanted) => {
      const { size } = await file.stat()
      const from = await startOfSearch(readBlock, size, wanted)
      let isFirst = from === 0
      for await (const { start, text } of linesIn(readBlock, size, from)) {
        const found = wanted(text)
        if (found === true) {
          offset = Math.max(offset, isFirst ? 0 : start)
          return isFirst
        }
        if (found === false) isFirst = false
      }
      offset = size
      return isFirst
    },
    writtenAt: async () => (await file.stat()).mtimeMs,
    takeRest: async (copy) => {
      const { size } = await file.stat()
      if (size >= offset) return null
      const rest = await openTail(copy, offset)
      offset = 0
      decoder = new StringDecoder('utf8')
      // If the copy is older than the text that was read last, it is not a copy of it: the log was truncated by hand.
      if (rest === null || (await rest.writtenAt()) >= writtenAt) return rest
      await rest.close()
      return null
    },
    read: async function* () {
      const { size, mtimeMs } = await file.stat()
      writtenAt = mtimeMs
      if (size < offset) {
        offset = 0
        decoder = new StringDecoder('utf8')
      }
      while (offset < size) {
        const read = await readBlock(offset, size - offset)
        if (read.length === 0) return
        offset += read.length
        yield decoder.write(read)
      }
    },
    isAt: async (path) => {
      const [here, there] = await Promise.all([file.stat(), lstat(path).catch(() => null)])
      return there !== null && here.ino === there.ino && here.dev === there.dev
    },
    close: () => file.close(),
  }
}

/** Returns at most `length` bytes from a position on. The next call overwrites them. */
type ReadBlock = (at: number, length: number) => Promise<Buffer>

/** Searches for line feeds backwards from the end, so that only the wanted lines are read. */
async function lastLines(
  readBlock: ReadBlock,
  size: number,
  wanted: number,
): Promise<{ readonly start: number; readonly count: number }> {
  if (wanted === 0 || size === 0) return { start: size, count: 0 }
  let count = 0
  for (let end = size; end > 0; end -= Math.min(BLOCK_BYTES, end)) {
    const start = Math.max(0, end - BLOCK_BYTES)
    const read = await readBlock(start, end - start)
    for (let at = read.lastIndexOf(LINE_FEED); at >= 0; at = lastBefore(read, at)) {
      const isEndOfFile = start + at === size - 1
      if (!isEndOfFile && ++count === wanted) return { start: start + at + 1, count }
    }
  }
  return { start: 0, count: count + 1 }
}

/** How much of each block is read at first: a few lines. */
const SAMPLE_BYTES = 4 * 1024

/**
 * Returns a position from which to search for the first wanted line: the start of the last block whose first line with a
 * known time is not wanted; 0 if there is none. Reads only the beginning of each block, a hundredth of a log of 300 MB.
 * Bisecting would read less, but would miss lines where the clock was set back. This method misses only lines from a
 * period that is shorter than a block.
 */
async function startOfSearch(
  readBlock: ReadBlock,
  size: number,
  wanted: (line: string) => boolean | null,
): Promise<number> {
  let start = 0
  for (let at = BLOCK_BYTES; at < size; at += BLOCK_BYTES) {
    const found =
      (await firstKnown(readBlock, at, SAMPLE_BYTES, wanted)) ??
      (await firstKnown(readBlock, at, BLOCK_BYTES, wanted))
    if (found === true) break
    if (found === false) start = at
  }
  return start
}

/** Returns whether the first line after this position that has a known time is wanted; null if there is no such line. */
async function firstKnown(
  readBlock: ReadBlock,
  at: number,
  length: number,
  wanted: (line: string) => boolean | null,
): Promise<boolean | null> {
  const [, ...lines] = (await readBlock(at, length)).toString('utf8').split('\n')
  for (const line of lines.slice(0, -1)) {
    const found = wanted(line)
    if (found !== null) return found
  }
  return null
}

/** Yields each line that begins after the position (or at 0), with its own position. A long line is cut off. */
async function* linesIn(
  readBlock: ReadBlock,
  size: number,
  from: number,
): AsyncGenerator<{ readonly start: number; readonly text: string }> {
  let start = from === 0 ? 0 : await nextLine(readBlock, size, from)
  let held: readonly Buffer[] = []
  const textWith = (end: Buffer): string =>
    Buffer.concat([...held, end])
      .subarray(0, MAX_SEARCHED_BYTES)
      .toString('utf8')
  for (let at = start; at < size;) {
    const read = await readBlock(at, size - at)
    if (read.length === 0) return
    let from = 0
    for (let end = read.indexOf(LINE_FEED); end >= 0; end = read.indexOf(LINE_FEED, from)) {
      yield { start, text: textWith(read.subarray(from, end)) }
      held = []
      from = end + 1
      start = at + from
    }
    if (at - start < MAX_SEARCHED_BYTES) held = [...held, Buffer.from(read.subarray(from))]
    at += read.length
  }
  if (start < size) yield { start, text: textWith(Buffer.alloc(0)) }
}

/** Returns where the next line begins; `size` if none does. */
async function nextLine(readBlock: ReadBlock, size: number, from: number): Promise<number> {
  for (let at = from; at < size;) {
    const read = await readBlock(at, size - at)
    if (read.length === 0) break
    const end = read.indexOf(LINE_FEED)
    if (end >= 0) return at + end + 1
    at += read.length
  }
  return size
}

/** Handles position 0 itself, because `lastIndexOf` counts a negative position from the end. */
function lastBefore(block: Buffer, at: number): number {
  return at === 0 ? -1 : block.lastIndexOf(LINE_FEED, at - 1)
}

/** After the log has not grown for this many polls, an unfinished line is shown as it is. */
const IDLE_POLLS = 2

/**
 * Yields the text that is appended to the log after the position of `from`, also across rotations, until `isEnough` is
 * true. Yields null when the last line counts as complete without a line feed: at the end of a rotated file, and when
 * nothing was appended for `IDLE_POLLS` polls. A rotation renames the log, or copies it to `.1` and truncates it. If the
 * log was renamed more than once since the last poll, also reads the files in between. If `from` is null, waits until the
 * log exists. Closes `from`.
 */
export async function* followLog(
  path: string,
  from: Tail | null,
  isEnough: () => boolean,
): AsyncGenerator<string | null> {
  let tail = from
  let newer: readonly Tail[] = []
  let idle = 0
  try {
    for (; !isEnough(); await sleep(POLL_MS)) {
      const isRotated = tail === null || !(await tail.isAt(path))
      idle += 1
      const rest = (await tail?.takeRest(`${path}.1`)) ?? null
      if (rest !== null) {
        newer = [rest]
        yield* rest.read()
        yield null
        await rest.close()
        newer = []
      }
      // After a rotation, first read the old file to its end.
      for await (const piece of tail?.read() ?? []) {
        idle = 0
        yield piece
      }
      if (idle === IDLE_POLLS) yield null
      newer = isRotated ? await openNewer(path, tail) : []
      for (const next of newer) {
        if (tail !== null) yield null
        await tail?.close()
        tail = next
        yield* tail.read()
      }
    }
  } finally {
    for (const one of new Set([...newer, ...(tail === null ? [] : [tail])])) await one.close()
  }
}

/** Opens, oldest first, the log and all files to which it was rotated after it was the file of `tail`. */
async function openNewer(path: string, tail: Tail | null): Promise<readonly Tail[]> {
  const opened: Tail[] = []
  for (const name of tail === null ? [path] : [path, `${path}.1`, `${path}.2`]) {
    if (tail !== null && (await tail.isAt(name))) break
    const next = await openTail(name)
    if (next === null) continue
    // Such a file was already read, or it is older than the file of `tail`, which was deleted.
    const isKnown = (await Promise.all(opened.map((one) => one.isAt(name)))).includes(true)
    const isOlder = name !== path && tail !== null && (await next.writtenAt()) < (await tail.writtenAt())
    if (isKnown || isOlder) await next.close()
    else opened.unshift(next)
  }
  return opened
}
