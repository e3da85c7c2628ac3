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
  /** The minimum time between two clean-ups, in milliseconds. */
  readonly everyMs: number
  /** Returns whether this daemon is the recorded singleton and is not about to exit. */
  readonly mayClean: () => boolean
}

/** Cleans up the stale daemons of the same scope. */
export interface Siblings {
  /** Requests a clean-up soon. Called when a client has connected. */
  readonly request: () => void
  /** Cleans up if a client requested it since the last clean-up, or if that one failed. */
  readonly tick: () => Promise<void>
}

/**
 * How long a clean-up waits after the client that requested it. Loading the clean-up code and scanning block this process
 * for tens of milliseconds, and the first client waits for the proof of the daemon that it has just started.
 */
const AFTER_REPLY_MS = 100

const loadCleaner = () => import('./clean-siblings.js')

/**
 * Cleans up stale daemons of the same scope. Does so only while this daemon is the recorded singleton, and one clean-up
 * at a time. Every client that asks for a proof requests a clean-up, so at least `everyMs` lie between the starts of two.
 * Only after an error with `retry`, such as a busy lock, the next tick tries again at once.
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
      // Loaded even if nothing may be cleaned up now, because the files of this version may be replaced later.
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
