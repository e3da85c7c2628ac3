import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeSync,
} from 'node:fs'

/** What the system says of a pipe or socket whose other end is closed. */
const CLOSED: ReadonlySet<unknown> = new Set(['EPIPE', 'ENXIO', 'ECONNRESET', 'ENOTCONN'])

/**
 * Returns what tells whether the reader of a pipe or socket is gone, without writing anything to it; false where that
 * cannot be told, and the next write has to show it. To be called before the first write, while the reader is there.
 *
 * A socket refuses an empty write; so does a pipe, but not on Linux. There a named pipe cannot be opened for writing, and
 * of another one the processes that read it are looked for: those that were seen, and then no longer were. (One that is
 * outside of this container, or another user's, is never seen.)
 */
export function watchReader(descriptor: number): () => boolean {
  const kind = fstatSync(descriptor)
  const isPipe = kind.isFIFO()
  // On Windows an empty write would be a message of its own.
  if ((!isPipe && !kind.isSocket()) || constants.O_NONBLOCK === undefined) return () => false
  const areReadersGone = isPipe ? watchPipe(descriptor) : () => false
  return () => {
    try {
      writeSync(descriptor, '')
      return areReadersGone()
    } catch (error) {
      return CLOSED.has((error as NodeJS.ErrnoException).code)
    }
  }
}

function watchPipe(descriptor: number): () => boolean {
  const name = linkOf(`/proc/self/fd/${descriptor}`)
  if (name === null) return () => false
  if (!name.startsWith('pipe:')) return () => !canBeOpened(name)
  let readers = findReaders(name)
  return () => {
    if (readers.length === 0 || readers.some((path) => mayStillRead(path, name))) return false
    readers = findReaders(name)
    return readers.length === 0
  }
}

/** A named pipe without a reader throws ENXIO. */
function canBeOpened(path: string): boolean {
  closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK))
  return true
}

/** Returns the descriptors of other processes, as paths below /proc, that read the pipe of this name. */
function findReaders(name: string): readonly string[] {
  const pids = list('/proc').filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
  return pids.flatMap((pid) =>
    list(`/proc/${pid}/fd`)
      .filter((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === name && isForReading(`/proc/${pid}/fdinfo/${fd}`))
      .map((fd) => `/proc/${pid}/fd/${fd}`),
  )
}

function isForReading(path: string): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '0'
    return (Number.parseInt(flags, 8) & constants.O_WRONLY) === 0
  } catch {
    return false
  }
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** A process that has become another user's since (`sudo`) is there and cannot be asked. */
function mayStillRead(path: string, name: string): boolean {
  try {
    return readlinkSync(path) === name
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES'
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
