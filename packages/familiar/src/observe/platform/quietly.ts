import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { errnoOf, throwLack } from '../../errors.js'

/** Not permitted and gone meanwhile are both *unknown*; our own lack is thrown. What is no system error is a fault of ours. */
export function quietly<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    throwLack(error)
    if (errnoOf(error) === null) throw error
    return null
  }
}

/** Returns the text of a file; null where it cannot be read. */
export function readFile(path: string): string | null {
  return quietly(() => readFileSync(path, 'utf8'))
}

/** Returns where a link leads; null where it cannot be read. */
export function readLink(path: string): string | null {
  return quietly(() => readlinkSync(path))
}

/** Returns the names in a directory; none where it cannot be read. */
export function readDirectory(path: string): readonly string[] {
  return quietly(() => readdirSync(path)) ?? []
}

/** Returns the id of the mount that an open descriptor of this process is on; null where the kernel does not tell. */
export function mountOf(descriptor: number): string | null {
  return /^mnt_id:\s*(\d+)$/m.exec(readFile(`/proc/self/fdinfo/${descriptor}`) ?? '')?.[1] ?? null
}
