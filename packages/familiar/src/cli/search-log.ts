/** The number of bytes that are read at once, however large the file or one of its lines is. */
export const BLOCK_BYTES = 256 * 1024

/**
 * How many bytes at the end of a file are searched. A daemon keeps 2 MiB, and a log that something else rotates may have some
 * hundred; a larger file is none, and a sparse one may have any size.
 */
const SEARCHED_BYTES = 1024 ** 3

/** Returns where the searched end of a file of this size begins. */
export function searchedFrom(size: number): number {
  return Math.max(0, size - SEARCHED_BYTES)
}

const LINE_FEED = 0x0a

/** The maximum number of bytes of a line that are searched for its time. */
const MAX_SEARCHED_BYTES = 256 * 1024

/** Returns at most `length` bytes from a position on. The next call overwrites them. */
type ReadBlock = (at: number, length: number) => Promise<Buffer>

/**
 * Searches for line feeds backwards from the end, so that only the wanted lines are read. If there are more than the searched
 * end has, returns those that begin in it.
 */
export async function lastLines(
  readBlock: ReadBlock,
  size: number,
  wanted: number,
): Promise<{ readonly start: number; readonly count: number }> {
  if (wanted === 0 || size === 0) return { start: size, count: 0 }
  const first = searchedFrom(size)
  let count = 0
  let oldest = size
  for (let end = size; end > first; end -= BLOCK_BYTES) {
    const start = Math.max(first, end - BLOCK_BYTES)
    const read = await readBlock(start, end - start)
    for (let at = read.lastIndexOf(LINE_FEED); at >= 0; at = lastBefore(read, at)) {
      const isEndOfFile = start + at === size - 1
      if (isEndOfFile) continue
      oldest = start + at + 1
      if (++count === wanted) return { start: oldest, count }
    }
  }
  return first === 0 ? { start: 0, count: count + 1 } : { start: oldest, count }
}

/** How much of each block is read at first: a few lines. */
const SAMPLE_BYTES = 4 * 1024

/**
 * Returns a position from which to search for the first wanted line: the start of the last block whose first line with a
 * known time is not wanted; the start of the searched end if there is none. Reads only the beginning of each block, a hundredth of a log of 300 MB.
 * Bisecting would read less, but would miss lines where the clock was set back. This method misses only lines from a
 * period that is shorter than a block.
 */
export async function startOfSearch(
  readBlock: ReadBlock,
  size: number,
  wanted: (line: string) => boolean | null,
): Promise<number> {
  let start = searchedFrom(size)
  for (let at = start + BLOCK_BYTES; at < size; at += BLOCK_BYTES) {
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
export async function* linesIn(
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
