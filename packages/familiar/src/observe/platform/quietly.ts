import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { errnoOf, throwLack } from '../../errors.js'

/**
 * Returns null, *unknown*, when the read fails because it is not permitted or its object is gone. Throws `E_RESOURCES` when
 * our own resources ran out, and rethrows what is not a system error: that is a bug.
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

/** Returns the target of a symlink; null when it cannot be read. */
export function readLink(path: string): string | null {
  return quietly(() => readlinkSync(path))
}

/** Returns the names in a directory; none when it cannot be read. */
export function readDirectory(path: string): readonly string[] {
  return quietly(() => readdirSync(path)) ?? []
}

/** Returns the id of the mount that an open file descriptor of this process is on; null when the kernel does not tell. */
export function mountOf(descriptor: number): string | null {
  return /^mnt_id:\s*(\d+)$/m.exec(readFile(`/proc/self/fdinfo/${descriptor}`) ?? '')?.[1] ?? null
}
