import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The byte of the `-shm` file that the writer of a database in WAL mode locks (https://sqlite.org/walformat.html). */
const WRITE_BYTE = 120

/** The first of the bytes of the database itself that SQLite locks. */
const PENDING_BYTE = 0x40000000

/**
 * Returns the process that keeps other processes from writing into the database, in words; null if that is not known.
 * Only Linux tells it, and only of the processes of this user. Opens no file of the database: closing it would drop the
 * locks that this process has on it.
 */
export function lockHolder(path: string): string | null {
  try {
    const pid = writersOf(readFileSync('/proc/locks', 'utf8'), {
      shm: inodeOf(`${path}-shm`),
      database: inodeOf(path),
    }).find((one) => one !== process.pid && hasOpen(one, path))
    if (pid === undefined) return null
    return `process ${pid} (${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`
  } catch {
    return null
  }
}

interface Inodes {
  readonly shm: string | null
  readonly database: string | null
}

/** Returns the processes that may write, from the text of `/proc/locks`. */
export function writersOf(locks: string, { shm, database }: Inodes): readonly number[] {
  return locks.split('\n').flatMap((line) => {
    const found = /^\d+: POSIX +ADVISORY +WRITE +(\d+) [\da-f]+:[\da-f]+:(\d+) (\d+) (\d+|EOF)$/.exec(line)
    if (found === null) return []
    const [pid, inode, from, to] = [
      found[1],
      found[2],
      Number(found[3]),
      Number(found[4] === 'EOF' ? Infinity : found[4]),
    ]
    const isWriter =
      (inode === shm && from <= WRITE_BYTE && to >= WRITE_BYTE) || (inode === database && to >= PENDING_BYTE)
    return isWriter ? [Number(pid)] : []
  })
}

/**
 * Returns whether a process has the file open, or one beside it; false if that cannot be seen. The device in the list of
 * locks is not compared, because overlay file systems show another one. So the process must have the file open.
 */
export function hasOpen(pid: number, path: string): boolean {
  const directory = `/proc/${pid}/fd`
  return namesIn(directory).some((name) => {
    try {
      return readlinkSync(`${directory}/${name}`).startsWith(path)
    } catch {
      return false
    }
  })
}

/** The descriptors of another user's process cannot be listed, nor those of one that has just ended. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function inodeOf(path: string): string | null {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino.toString() ?? null
}
