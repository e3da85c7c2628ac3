import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs'
import { errnoOf, throwLack } from '../../errors.js'

/**
 * Returns the result of `read`, or null (*unknown*) if it fails with a system error, for example for lack of permission.
 * Throws `E_RESOURCES` if this process has too few resources, and rethrows an error that is not a system error, because
 * that is a bug.
 */
export function quietly<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    throwLack(error)
    if (errnoOf(error) === null) throw error
    return null
  }
}

/** Returns the text of a file; null when it cannot be read. */
export function readFile(path: string): string | null {
  return quietly(() => readFileSync(path, 'utf8'))
}

/** The kernel fills pages of at least `PAGE_BYTES` with rows. No row of a table in /proc is longer than `ROW_BYTES`. */
const PAGE_BYTES = 4_096
const ROW_BYTES = 512

/**
 * Returns the text of a table in /proc, at least up to the point where `isEnough` is true; null if it cannot be read. A
 * read that leaves room for another row in the page counts as the last one. Another read would only find the end, and
 * every read takes milliseconds, because the kernel walks the table or waits for all its writers. (The minimum for
 * /proc/net/tcp is one walk through its hash of connections, 2 ms on a machine with 262 144 buckets: only then does the
 * kernel know that no row follows the listeners. A larger buffer changes nothing, because one read fills one page.)
 */
export function readTable(path: string, isEnough: (text: string) => boolean = () => false): string | null {
  return quietly(() => {
    const descriptor = openSync(path, 'r')
    try {
      const buffer = Buffer.allocUnsafe(16 * PAGE_BYTES)
      for (let text = ''; ;) {
        const bytes = readSync(descriptor, buffer)
        text += buffer.toString('latin1', 0, bytes)
        if (bytes < PAGE_BYTES - ROW_BYTES || isEnough(text)) return text
      }
    } finally {
      closeSync(descriptor)
    }
  })
}

/** Returns the target of a symlink; null when it cannot be read. */
export function readLink(path: string): string | null {
  return quietly(() => readlinkSync(path))
}

/** Returns the names in a directory; an empty list if it cannot be read. */
export function readDirectory(path: string): readonly string[] {
  return quietly(() => readdirSync(path)) ?? []
}

/** Returns the id of the mount that an open file descriptor of this process is on; null if the kernel does not report it. */
export function mountOf(descriptor: number): string | null {
  return mountIn(readFile(`/proc/self/fdinfo/${descriptor}`) ?? '')
}

/** Returns the id of the mount in a text of /proc/PID/fdinfo; null if it is not there. */
export function mountIn(info: string): string | null {
  return /^mnt_id:\s*(\d+)$/m.exec(info)?.[1] ?? null
}
