import { constants } from 'node:fs'
import { lstat, open, type FileHandle } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import { fileId } from '../identity/file-id.js'
import { BLOCK_BYTES, lastLines, linesIn, searchedFrom, startOfSearch } from './search-log.js'

/** Opening the log must not block on a FIFO and must not follow a symlink. (Windows has neither flag.) */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

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
  /** Whether older lines may be wanted that the last search did not reach, because it reads only the end of a huge file. */
  isCut(): boolean
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
  // Until a search finds where its part begins.
  let isCut = true
  const readBlock = async (at: number, length: number): Promise<Buffer> =>
    block.subarray(0, (await file.read(block, 0, Math.min(length, BLOCK_BYTES), at)).bytesRead)
  return {
    seekLastLines: async (count) => {
      const { size } = await file.stat()
      const last = await lastLines(readBlock, size, count)
      offset = Math.max(offset, last.start)
      isCut &&= last.count < count && searchedFrom(size) > 0
      return last.count
    },
    seekFirst: async (wanted) => {
      const { size } = await file.stat()
      const from = await startOfSearch(readBlock, size, wanted)
      isCut = from > 0 && from === searchedFrom(size)
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
    isCut: () => isCut,
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
      const there = await lstat(path, { bigint: true }).catch(() => null)
      return there !== null && fileId(there) === fileId(await file.stat({ bigint: true }))
    },
    close: () => file.close(),
  }
}
