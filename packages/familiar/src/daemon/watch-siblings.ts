import { monotonicMs } from '../clock.js'
import { FamiliarError } from '../errors.js'
import type { Family } from '../family.js'
import type { Platform } from '../observe/platform/platform.js'
import type { Log } from './log.js'

export interface SiblingsOptions {
  readonly family: Family
  readonly scope: string
  readonly platform: Platform
  readonly log: Log
  /** The least time between two clean-ups, in milliseconds. */
  readonly everyMs: number
  /** Returns whether this daemon is the recorded singleton and is not about to exit. */
  readonly mayClean: () => boolean
}

/** Cleans up the stale daemons of the same scope. */
export interface Siblings {
  /** Called when a client has connected: a clean-up is due soon. */
  readonly request: () => void
  /** Cleans up if a client asked for it since the last clean-up, or if that one failed. */
  readonly tick: () => Promise<void>
}

/**
 * How long a clean-up waits after the client that caused it. Loading its code and scanning keep this process from replying
 * for tens of milliseconds, and the first client waits for the proof of the daemon that it has just started.
 */
const AFTER_REPLY_MS = 100

const loadCleaner = () => import('./clean-siblings.js')

/**
 * Cleans up stale daemons of the same scope, only while this daemon is the recorded singleton, one clean-up at a time.
 * The next one begins at the earliest `everyMs` after the last one began, because every client that asks for a proof
 * requests one. Only after an error with `retry`, such as a busy lock, does the next tick try again at once.
 */
export function watchSiblings({ everyMs, mayClean, log, ...at }: SiblingsOptions): Siblings {
  let lastAt = Number.NEGATIVE_INFINITY
  let isDue = true
  let isCleaning = false
  let isRetriedOnTick = false

  async function clean(afterMs: number): Promise<void> {
    if (isCleaning || monotonicMs() - lastAt < afterMs || !mayClean()) return
    isCleaning = true
    isDue = false
    isRetriedOnTick = false
    lastAt = monotonicMs()
    try {
      const { cleanStale } = await loadCleaner()
      const ports = await cleanStale(at)
      if (ports === null) isDue = true
      else if (ports.length > 0) log.write('siblings_retired', { ports })
    } catch (error) {
      isDue = true
      isRetriedOnTick = error instanceof FamiliarError && error.retry
      if (!isRetriedOnTick) log.write('clean_failed', { why: String(error) })
    } finally {
      isCleaning = false
    }
  }

  const request = (): void => {
    isDue = true
    setTimeout(() => {
      // Loaded even if nothing may be cleaned now: later, the files of this version may have been replaced.
      void loadCleaner()
        .catch(() => undefined)
        .then(() => clean(everyMs))
    }, AFTER_REPLY_MS)
  }
  return {
    request,
    tick: async () => {
      if (isDue) await clean(isRetriedOnTick ? 0 : everyMs)
    },
  }
}
