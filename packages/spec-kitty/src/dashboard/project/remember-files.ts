import type { BigIntStats } from 'node:fs'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { LocatedEntry } from './locate.js'

/** Caches what was read from files, for as long as they do not change. */
export interface FileMemory {
  /** Returns the cached value if none of the files has changed; otherwise reads them. */
  recall<T>(key: string, files: readonly LocatedEntry[], read: () => Promise<Reading<T>>): Promise<T>
  /** Drops everything that was not recalled since the last call. Returns whether all recalled files could be read. */
  forgetUnused(): boolean
  /** Compresses the cached values to a tenth of the memory until they are recalled. They must be plain data. */
  freeze(): void
}

/** The result of reading files. A failure is not kept, because nothing about a file shows when it becomes readable. */
export interface Reading<T> {
  readonly value: T
  readonly is_kept: boolean
}

/** Returns what was read without a failure. */
export function kept<T>(value: T): Reading<T> {
  return { value, is_kept: true }
}

interface Entry {
  readonly identity: string
  /**
   * The value is reused only if the files' times are before this, because a second change within the clock's resolution
   * might not change the times.
   */
  readonly settled_before_ms: bigint
  readonly value: unknown
  /** The value as compressed JSON, which is kept instead of the value. */
  readonly frozen: Uint8Array | null
}

/** The coarsest timestamp resolution of a file system in use: FAT. */
const CLOCK_MS = 2000n

export function rememberFiles(): FileMemory {
  let current = new Map<string, Entry>()
  let previous = new Map<string, Entry>()
  let isAllKept = true

  return {
    async recall<T>(
      key: string,
      files: readonly LocatedEntry[],
      read: () => Promise<Reading<T>>,
    ): Promise<T> {
      const identity = files.map((file) => identityOf(file)).join('\0')
      const entry = current.get(key) ?? previous.get(key)
      if (entry?.identity === identity && files.every((file) => isSettled(file, entry))) {
        const value = valueOf(entry)
        current.set(key, { ...entry, value, frozen: null })
        return value as T
      }
      const settled = BigInt(Date.now()) - CLOCK_MS
      const { value, is_kept: isKept } = await read()
      if (isKept) current.set(key, { identity, settled_before_ms: settled, value, frozen: null })
      else current.delete(key)
      isAllKept &&= isKept
      return value
    },
    forgetUnused() {
      const wasAllKept = isAllKept
      previous = current
      current = new Map()
      isAllKept = true
      return wasAllKept
    },
    freeze() {
      previous = new Map([...previous, ...current].map(([key, entry]) => [key, frozenOf(entry)]))
      current = new Map()
    },
  }
}

/** With the default settings, each compression takes 256 KiB outside the heap, which is freed late. */
const SMALL = { level: 1, windowBits: 12, memLevel: 3 } as const

function frozenOf(entry: Entry): Entry {
  if (entry.frozen !== null) return entry
  // A copy, because the result is a part of a larger buffer.
  const frozen = new Uint8Array(deflateRawSync(JSON.stringify(entry.value), SMALL))
  return { ...entry, value: null, frozen }
}

function valueOf({ value, frozen }: Entry): unknown {
  return frozen === null ? value : JSON.parse(inflateRawSync(frozen).toString())
}

/** Includes the real path, because a symlink may lead to another file than before. */
function identityOf({ path, stats }: LocatedEntry): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs, path].join(' ')
}

function isSettled({ stats }: LocatedEntry, entry: Entry): boolean {
  return changedMs(stats) < entry.settled_before_ms
}

/**
 * Returns whether a file or directory with these times was changed so recently that another change might not change its
 * times.
 */
export function mayChangeUnseen(stats: BigIntStats): boolean {
  return changedMs(stats) >= BigInt(Date.now()) - CLOCK_MS
}

function changedMs({ mtimeMs, ctimeMs }: BigIntStats): bigint {
  return mtimeMs > ctimeMs ? mtimeMs : ctimeMs
}
