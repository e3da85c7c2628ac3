import { constants, fstatSync, statSync, writeSync } from 'node:fs'

/** stdout or stderr as a command writes to it. After a failed write, all further output is lost. */
export interface Output {
  write(text: string): void
  /** Uses the stream of Node for all output from now on. Errors of that stream are handled until `close`. */
  open(): void
  /** Resolves when all output has been handed to the operating system, or is lost. */
  flushed(): Promise<void>
  /** Waits for pending output, and stops handling errors of the stream. */
  close(): Promise<void>
}

export type Descriptor = 0 | 1 | 2

/**
 * The maximum size of a blocking write to a pipe. Pipes hold 64 KiB or more on every system, so such a write normally
 * does not wait for the reader. A write that waits would also delay Ctrl+C.
 */
const PIPED_BYTES = 32_768

/**
 * Returns one of the standard streams. Loading a stream of Node takes a tenth of Node's start time, so files are written
 * without one, and so are pipes as long as the output is small. `onError` may be called more than once.
 */
export function openOutput(
  descriptor: Exclude<Descriptor, 0>,
  onError: (error: NodeJS.ErrnoException) => void,
): Output {
  let room = roomFor(descriptor)
  let stream: NodeJS.WriteStream | null = null
  let isLost = false
  const lose = (error: NodeJS.ErrnoException): void => {
    isLost = true
    onError(error)
  }
  const open = (): NodeJS.WriteStream => {
    stream ??= (descriptor === 1 ? process.stdout : process.stderr).on('error', onError)
    return stream
  }
  const write = (bytes: Buffer): void => {
    const isDirect = stream === null && bytes.length <= room
    const written = isDirect ? writeAtOnce(descriptor, bytes, lose) : 0
    room -= written
    if (!isLost && written < bytes.length) open().write(bytes.subarray(written))
  }
  return {
    write: (text) => {
      if (!isLost) write(Buffer.from(text))
    },
    open,
    flushed: async () => {
      if (stream !== null) await flushed(stream)
    },
    close: async () => {
      if (stream === null) return
      await flushed(stream)
      // After a failed write, the stream emits `error` only after this callback. Without a handler, that error would end
      // the process.
      await new Promise((resolve) => setImmediate(resolve))
      stream.off('error', onError)
      stream = null
      room = 0
    },
  }
}

const flushed = async (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()))

/** Returns how many bytes were written. This is less than all if the reader of a non-blocking pipe is slow, or after an error. */
function writeAtOnce(
  descriptor: Descriptor,
  bytes: Buffer,
  onError: (error: NodeJS.ErrnoException) => void,
): number {
  let at = 0
  try {
    while (at < bytes.length) at += writeSync(descriptor, bytes, at)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') onError(error as NodeJS.ErrnoException)
  }
  return at
}

/** Returns how many bytes may be written without a stream of Node. */
function roomFor(descriptor: Descriptor): number {
  const kind = kindOf(descriptor)
  if (kind === 'file') return Number.POSITIVE_INFINITY
  return kind === 'pipe' ? PIPED_BYTES : 0
}

/**
 * Returns whether the descriptor may be a terminal. If so, only Node's stream can tell for certain, and loading it takes
 * time.
 */
export function mayBeTerminal(descriptor: Descriptor): boolean {
  return kindOf(descriptor) === 'other'
}

type Kind = 'file' | 'pipe' | 'other'

const kinds = new Map<Descriptor, Kind>()

/** Cached, because a standard stream stays the same while the process runs. */
function kindOf(descriptor: Descriptor): Kind {
  const known = kinds.get(descriptor) ?? readKind(descriptor)
  kinds.set(descriptor, known)
  return known
}

function readKind(descriptor: Descriptor): Kind {
  // On Windows the kinds differ, and a pipe may lose output that is written just before the process ends.
  if (constants.O_NONBLOCK === undefined) return 'other'
  try {
    const stat = fstatSync(descriptor)
    if (stat.isFIFO() || stat.isSocket()) return 'pipe'
    const isNull = stat.isCharacterDevice() && stat.rdev === statSync('/dev/null').rdev
    return isNull || stat.isFile() ? 'file' : 'other'
  } catch {
    return 'other'
  }
}
