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

/** Error codes for a pipe or socket whose other end is closed. */
const CLOSED: ReadonlySet<unknown> = new Set(['EPIPE', 'ENXIO', 'ECONNRESET', 'ENOTCONN'])

/**
 * Returns a function that returns whether the reader of a pipe or socket is gone, without writing anything. If this is
 * unknown, it returns false, and the next write fails instead. Call this before the first write, while the reader exists.
 *
 * Once the reader is gone, an empty write to a socket fails, and so does one to a pipe, but not on Linux. There, opening
 * a named pipe for writing fails. For an unnamed pipe we search /proc for its readers: they are gone if we have seen some
 * before and now see none. (Readers outside this container or of another user are never visible.)
 */
export function watchReader(descriptor: number): () => boolean {
  const kind = fstatSync(descriptor)
  const isPipe = kind.isFIFO()
  // On Windows (no O_NONBLOCK) the reader would receive an empty write as a message.
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

/** Opening a named pipe without a reader throws ENXIO. */
function canBeOpened(path: string): boolean {
  closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK))
  return true
}

/** Returns the file descriptors (as /proc paths) through which other processes read this pipe. */
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

/** EACCES: the process still exists but has changed its user since (`sudo`), so we cannot read its file descriptors. */
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
