import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Reading } from './remember-files.js'

/**
 * Provides a stamp for the list and each mission. While the stamp stays the same, the system has reported no change. The
 * stamp is null if that is unknown, because nothing is watched, a change is being processed, or the system does not
 * report all changes.
 */
export interface Vouching {
  readonly ofList: () => string | null
  readonly ofMission: (id: string) => string | null
  /** Resolves when the stamps include all changes that the system has reported so far. */
  readonly settle: () => Promise<void>
}

export const NEVER_VOUCHED: Vouching = {
  ofList: () => null,
  ofMission: () => null,
  settle: () => Promise.resolve(),
}

/**
 * Resolves when the changes that the system has reported so far were received. All changes of one turn of the event loop
 * arrive together.
 */
export async function toldChanges(): Promise<void> {
  await nextTurn()
}

export interface VouchedMemory<T> {
  /** Returns the cached value if its stamp is still the same; otherwise reads it. */
  recall(key: string, read: () => Promise<Reading<T>>): Promise<T>
  /** Forgets all values except those with these keys. */
  keepOnly(keys: ReadonlySet<string>): void
}

/** Caches each value for as long as its stamp stays the same. */
export function vouchedMemory<T>(stampOf: (key: string) => string | null): VouchedMemory<T> {
  const entries = new Map<string, { readonly stamp: string; readonly value: T }>()
  return {
    async recall(key, read) {
      const stamp = stampOf(key)
      const entry = entries.get(key)
      if (stamp !== null && entry?.stamp === stamp) return entry.value
      entries.delete(key)
      const { value, is_kept: isKept } = await read()
      // If the stamp changed during the read, the value may be outdated.
      if (isKept && stamp !== null && stampOf(key) === stamp) entries.set(key, { stamp, value })
      return value
    },
    keepOnly(keys) {
      for (const key of entries.keys()) if (!keys.has(key)) entries.delete(key)
    },
  }
}
