import { constants } from 'node:fs'
import { lstat, open, type FileHandle } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 250

/** However large the file, or a line of it: this much is read at once. */
const BLOCK_BYTES = 256 * 1024

const LINE_FEED = 0x0a

/** A FIFO in the place of the log is not waited for, and a link not followed. (Windows has neither flag.) */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** A log that is open for reading, and how far it was read. */
export interface Tail {
  /** Goes to where the last lines begin. An end without a line feed counts as a line. */
  seekLastLines(count: number): Promise<void>
  /** Reads on to where the file ends now, in pieces; from its beginning where it was truncated. */
  read(): AsyncGenerator<string>
  /** Whether the path still leads to this file. */
  isAt(path: string): Promise<boolean>
  close(): Promise<void>
}

/** Opens a log; null when there is none. Throws for what is not a regular file: a device or a FIFO may have no end. */
export async function openTail(path: string): Promise<Tail | null> {
  try {
    assertRegular(await lstat(path))
    const file = await open(path, FLAGS)
    try {
      assertRegular(await file.stat())
      return tailOf(file)
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

function tailOf(file: FileHandle): Tail {
  const block = Buffer.alloc(BLOCK_BYTES)
  let decoder = new StringDecoder('utf8')
  let offset = 0
  const readBlock = async (at: number, length: number): Promise<Buffer> =>
    block.subarray(0, (await file.read(block, 0, Math.min(length, BLOCK_BYTES), at)).bytesRead)
  return {
    seekLastLines: async (count) => {
      const { size } = await file.stat()
      offset = count === 0 ? size : await startOfLastLines(readBlock, size, count)
    },
    read: async function* () {
      const { size } = await file.stat()
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

/** Looks for line feeds from the end on, so that only the lines that are asked for are read. */
async function startOfLastLines(
  readBlock: (at: number, length: number) => Promise<Buffer>,
  size: number,
  count: number,
): Promise<number> {
  let left = count
  for (let end = size; end > 0; end -= Math.min(BLOCK_BYTES, end)) {
    const start = Math.max(0, end - BLOCK_BYTES)
    const read = await readBlock(start, end - start)
    for (let at = read.lastIndexOf(LINE_FEED); at >= 0; at = lastBefore(read, at)) {
      const isEndOfFile = start + at === size - 1
      if (!isEndOfFile && --left === 0) return start + at + 1
    }
  }
  return 0
}

/** `lastIndexOf` counts a negative position from the end. */
function lastBefore(block: Buffer, at: number): number {
  return at === 0 ? -1 : block.lastIndexOf(LINE_FEED, at - 1)
}

/**
 * Hands over what is appended to the log from where the tail stands, also after it was rotated, until it is told that it
 * is enough. Closes the tail. Null: the log is waited for.
 */
export async function* followLog(
  path: string,
  from: Tail | null,
  isEnough: () => boolean,
): AsyncGenerator<string> {
  let tail = from
  try {
    for (; !isEnough(); await sleep(POLL_MS)) {
      const isRotated = tail === null || !(await tail.isAt(path))
      // What was written to the old file until then comes first.
      if (tail !== null) yield* tail.read()
      const next = isRotated ? await openTail(path) : null
      if (next === null) continue
      await tail?.close()
      tail = next
      yield* tail.read()
    }
  } finally {
    await tail?.close()
  }
}
