import { constants } from 'node:fs'
import { lstat, open, type FileHandle } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 250

/** Bytes read at once, however large the file or one of its lines is. */
const BLOCK_BYTES = 256 * 1024

const LINE_FEED = 0x0a

/**
 * If a FIFO is at the log's path, opening it must not block; a symlink there must not be followed. (Windows has neither
 * flag.)
 */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** A log that is open for reading, with a read position. */
export interface Tail {
  /** Moves to the start of the last `count` lines. An unfinished line at the end counts as one. */
  seekLastLines(count: number): Promise<void>
  /** Reads from the position to the current end of the file, in pieces; from the start if the file was truncated. */
  read(): AsyncGenerator<string>
  /** Whether the path still names this file, by device and inode. */
  isAt(path: string): Promise<boolean>
  close(): Promise<void>
}

/** Opens a log; null if there is none. Throws if it is not a regular file: a device or a FIFO may have no end. */
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

/** Searches for line feeds backwards from the end, so that only the wanted lines are read. */
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

/** Handles position 0 itself, because `lastIndexOf` counts a negative position from the end. */
function lastBefore(block: Buffer, at: number): number {
  return at === 0 ? -1 : block.lastIndexOf(LINE_FEED, at - 1)
}

/**
 * Yields what is appended to the log after the position of `from`, also after a rotation, until `isEnough` returns
 * true. If `from` is null, waits until the log exists. Closes `from`.
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
      // After a rotation, first read the old file to its end.
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
