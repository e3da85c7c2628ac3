import type { Queue } from '../queue/queue-types.js'

/** The queue of a daemon. The queue is opened, and SQLite loaded, when it is first needed. */
export interface QueueSource {
  /**
   * Returns the queue. If there is none, returns null and creates nothing. `isSuspect`: the database seemed damaged, so
   * it is checked, and moved aside if it is. Throws what `openQueue` throws.
   */
  readonly open: (isSuspect: boolean) => Promise<Queue | null>
  readonly close: () => void
}

/** Returns the source of the queue at a path. Calls `onNotice` with one line of text if a damaged database was put aside. */
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
