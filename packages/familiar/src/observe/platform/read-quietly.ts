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

/** The kernel returns a table in /proc in pages of at least this size, one with each read. */
export const PAGE_BYTES = 4_096

/**
 * Returns the text of a table in /proc, up to its end or to the read after which `isEnough` is true; null if it cannot be
 * read. Only a read that returns nothing is the end: the kernel ends a page where the next record does not fit, and in
 * /proc/locks a record contains a lock with every process that waits for it, so it can have any length.
 */
export function readTable(
  path: string,
  isEnough: (text: string, bytes: number) => boolean = () => false,
): string | null {
  return quietly(() => {
    const descriptor = openSync(path, 'r')
    try {
      const buffer = Buffer.allocUnsafe(16 * PAGE_BYTES)
      for (let text = ''; ;) {
        const bytes = readSync(descriptor, buffer)
        text += buffer.toString('latin1', 0, bytes)
        if (bytes === 0 || isEnough(text, bytes)) return text
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
