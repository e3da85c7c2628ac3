import type { Queue } from '../queue/queue-types.js'

/** The queue of a daemon. It is opened, and SQLite loaded, when the queue is first needed. */
export interface QueueSource {
  /**
   * Returns the queue; null, and nothing is created, if there is none. `isSuspect`: the database proved to be damaged, and is
   * moved aside if it is. Throws what `openQueue` throws.
   */
  readonly open: (isSuspect: boolean) => Promise<Queue | null>
  readonly close: () => void
}

/** `onNotice` gets one line if a damaged database was put aside. */
export function createQueueSource(path: string, onNotice: (message: string) => void): QueueSource {
  let queue: Queue | null = null
  const close = (): void => {
    queue?.[Symbol.dispose]()
    queue = null
  }
  return {
    open: async (isSuspect) => {
      if (isSuspect) close()
      if (queue === null) {
        const { openQueueIfThere } = await import('../queue/open-queue.js')
        queue = await openQueueIfThere(path, { onNotice, isSuspect })
      }
      return queue
    },
    close,
  }
}
