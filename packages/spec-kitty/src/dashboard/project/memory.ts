import type { BigIntStats } from 'node:fs'
import type { Found } from './locate.js'

/** What was read of files, for as long as they stay as they were. */
export interface FileMemory {
  /** Returns what was read of the file before if it is still the same, else reads it. */
  recall<T>(key: string, file: Found, read: () => Promise<Reading<T>>): Promise<T>
  /** Forgets what was not asked for since the last call. */
  forgetUnused(): void
}

/** What was read. Where nothing could be read, nothing about the file says when it can, so it is not kept. */
export interface Reading<T> {
  readonly value: T
  readonly is_kept: boolean
}

interface Entry {
  readonly identity: string
  /** A file whose times are not older than this was written too shortly before to tell a second change by them. */
  readonly settled_before_ms: bigint
  readonly value: unknown
}

/** The coarsest clock of a file system in use: FAT. */
const CLOCK_MS = 2000n

export function rememberFiles(): FileMemory {
  let current = new Map<string, Entry>()
  let previous = new Map<string, Entry>()

  return {
    async recall<T>(key: string, file: Found, read: () => Promise<Reading<T>>): Promise<T> {
      const identity = identityOf(file)
      const entry = current.get(key) ?? previous.get(key)
      if (entry?.identity === identity && changedMs(file.stats) < entry.settled_before_ms) {
        current.set(key, entry)
        return entry.value as T
      }
      const settled = BigInt(Date.now()) - CLOCK_MS
      const { value, is_kept: isKept } = await read()
      if (isKept) current.set(key, { identity, settled_before_ms: settled, value })
      else current.delete(key)
      return value
    },
    forgetUnused() {
      previous = current
      current = new Map()
    },
  }
}

/** The real path belongs to it: a link may lead to another file than before. */
function identityOf({ path, stats }: Found): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs, path].join(' ')
}

function changedMs({ mtimeMs, ctimeMs }: BigIntStats): bigint {
  return mtimeMs > ctimeMs ? mtimeMs : ctimeMs
}
