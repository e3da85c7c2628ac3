import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Reading } from './remember-files.js'

/**
 * Tells by a stamp whether a list or a mission is unchanged: while the stamp stays the same, the system has reported no
 * change. The stamp is null if this is not known, because nothing is watched, a change is being processed, or the system
 * does not report all changes.
 */
export interface Vouching {
  readonly ofList: () => string | null
  readonly ofMission: (id: string) => string | null
  /** Resolves when all changes that the system has reported by now are reflected in the stamps. */
  readonly settle: () => Promise<void>
}

export const NEVER_VOUCHED: Vouching = {
  ofList: () => null,
  ofMission: () => null,
  settle: () => Promise.resolve(),
}

/**
 * Resolves when the changes that the system has reported by now were received. Those of one turn of the event loop arrive
 * together.
 */
export async function toldChanges(): Promise<void> {
  await nextTurn()
}

export interface VouchedMemory<T> {
  /** Returns what was read before if its stamp is still the same, else reads it. */
  recall(key: string, read: () => Promise<Reading<T>>): Promise<T>
  /** Forgets all values except those with these keys. */
  keepOnly(keys: ReadonlySet<string>): void
}

/** Remembers each value for as long as its stamp stays the same. */
export function vouchedMemory<T>(stampOf: (key: string) => string | null): VouchedMemory<T> {
  const entries = new Map<string, { readonly stamp: string; readonly value: T }>()
  return {
    async recall(key, read) {
      const stamp = stampOf(key)
      const entry = entries.get(key)
      if (stamp !== null && entry?.stamp === stamp) return entry.value
      entries.delete(key)
      const { value, is_kept: isKept } = await read()
      // A change during the reading gives another stamp, and the value may be from before it.
      if (isKept && stamp !== null && stampOf(key) === stamp) entries.set(key, { stamp, value })
      return value
    },
    keepOnly(keys) {
      for (const key of entries.keys()) if (!keys.has(key)) entries.delete(key)
    },
  }
}
