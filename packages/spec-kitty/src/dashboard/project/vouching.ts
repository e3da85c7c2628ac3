import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Reading } from './memory.js'

/**
 * Says whether something is unchanged: as long as a stamp stays the same, the system has told no change. Null: it cannot be
 * said, because nothing is watched, a change is just being dealt with, or the system does not tell all changes.
 */
export interface Vouching {
  readonly ofList: () => string | null
  readonly ofMission: (id: string) => string | null
  /** Resolves when what the system has told by now is taken into account. */
  readonly settle: () => Promise<void>
}

export const NEVER_VOUCHED: Vouching = {
  ofList: () => null,
  ofMission: () => null,
  settle: () => Promise.resolve(),
}

/** Resolves when the changes that the system has told by now were received: those of one turn of the event loop come together. */
export async function toldChanges(): Promise<void> {
  await nextTurn()
}

export interface VouchedMemory<T> {
  /** Returns what was read before if its stamp is still the same, else reads it. */
  recall(key: string, read: () => Promise<Reading<T>>): Promise<T>
  /** Forgets everything but these. */
  keepOnly(keys: ReadonlySet<string>): void
}

/** Remembers values for as long as something vouches for them. */
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
