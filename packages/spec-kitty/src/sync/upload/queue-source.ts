import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { SqliteQueue } from '../queue/sqlite-queue.js'
import { lossText } from '../queue/loss-text.js'
import type { LostFile } from '../queue/lost-file.js'
import type { Queue } from '../queue/queue-types.js'
import type { LostEvents } from '../queue/waiting-note.js'

/** The queue of a daemon. The queue is opened, and SQLite loaded, when it is first needed. */
export interface QueueSource {
  /**
   * Returns the queue. If there is none, returns null and creates nothing. `isSuspect`: the database seemed damaged, so
   * it is checked, and moved aside if it is. A queue that waited in vain for a lock is closed and opened again, but not while its file is elsewhere: no other process may know where. If the file of the open queue was removed, its events are written into the
   * one at the path, which is created. Throws what `openQueue` throws.
   */
  readonly open: (isSuspect: boolean) => Promise<Queue | null>
  /** Returns what became of the open file while it is not at its path and contains events; otherwise null. */
  readonly lost: () => LostFile | null
  /** Closes the queue. Before that, saves the events of a file that was removed, unless its home is gone too. */
  readonly close: () => Promise<void>
}

/** Receives one line of text for the log, with the name of its event. */
type Log = (
  event: 'queue_moved_aside' | 'queue_restored' | 'queue_moved' | 'queue_lost',
  message: string,
) => void

/**
 * If someone removes a whole home, its directories are gone a moment after the queue. Then nothing is saved, because
 * another file in them would keep them from being removed.
 */
const REMOVAL_MS = 250

/** The same if only the home itself is still there, which is removed last. */
const HOME_REMOVAL_MS = 1_000

/**
 * Returns whether there is a place for the events of a file that was removed. If its directory is gone and its home is not,
 * only the daemon's files were removed.
 */
async function hasPlace(path: string): Promise<boolean> {
  const directory = dirname(path)
  if (existsSync(directory)) return true
  const home = dirname(dirname(directory))
  await sleep(HOME_REMOVAL_MS)
  return existsSync(home)
}

/** How long a daemon that ends waits for those who read the queue. */
const LEAVE_MS = 500

/** Whoever copies the file when no daemon runs shall have all of it. Else the next process reads the WAL. */
function leaveWhole(queue: SqliteQueue | null): void {
  try {
    queue?.makeWhole(LEAVE_MS)
  } catch {}
}

/** The package of SQLite ends a closed connection, with its locks, only when its statements are collected as garbage. */
async function endClosed(): Promise<void> {
  const { collectGarbage } = await import('../../daemons/collect-garbage.js')
  await collectGarbage()
  // Native objects end in a later turn than those that held them.
  await setImmediate()
}

/** Returns the source of the queue at a path. */
export function createQueueSource(path: string, log: Log): QueueSource {
  let queue: SqliteQueue | null = null
  const onNotice = (message: string): void => log('queue_moved_aside', message)
  const onLost = (lost: LostEvents): void => log('queue_lost', lossText(path, lost))
  const close = (): void => {
    queue?.[Symbol.dispose]()
    queue = null
  }
  const lost = (): LostFile | null => {
    const found = queue?.lost() ?? null
    return found === null || found.events === 0 ? null : found
  }
  const save = async (mayMakeDirectory = false): Promise<void> => {
    const found = queue?.lost() ?? null
    if (queue === null || found === null) return
    const [{ replaceRemoved }, { lostText }] = await Promise.all([
      import('../queue/open-queue.js'),
      import('../queue/lost-file.js'),
    ])
    const text = `${path} ${lostText(found)}`
    if (found.state === 'moved') queue.makeWhole()
    if (found.events === 0) return close()
    if (found.state === 'removed') {
      queue = await replaceRemoved(queue, { onNotice }, mayMakeDirectory)
      log('queue_restored', `${text}: they are in a new file at that path`)
    } else if (existsSync(path)) {
      log('queue_moved', `${text}: they are not sent, and another file at that path is used`)
      close()
    }
  }
  return {
    open: async (isSuspect) => {
      if (isSuspect) close()
      await save()
      if (queue?.isStuck === true && queue.lost() === null) {
        close()
        await endClosed()
      }
      if (queue === null) {
        const { openQueueIfThere } = await import('../queue/open-queue.js')
        queue = await openQueueIfThere(path, { onNotice, onLost, isSuspect })
      }
      return queue
    },
    lost,
    close: async () => {
      try {
        if (lost() !== null) await sleep(REMOVAL_MS)
        const found = lost()
        if (found !== null && (found.state === 'moved' || (await hasPlace(path)))) await save(true)
      } finally {
        leaveWhole(queue)
        close()
      }
    },
  }
}
