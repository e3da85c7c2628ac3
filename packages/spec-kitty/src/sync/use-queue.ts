import { warn, type Io } from 'familiar/cli'
import type { SqliteQueue } from './queue/sqlite-queue.js'
import { homeOfAnotherUser } from './home-problem.js'
import { salvageHint, unusable } from './queue/queue-errors.js'
import { isQueueAbsent } from './read-queue.js'
import { queuePath } from './queue/queue-path.js'

/**
 * Calls `act` with the queue of the root for a command, and prints on stderr if a damaged one was put aside, or if the
 * present one is empty because its events were lost. If there is no queue, returns null and creates nothing.
 */
export async function useQueue<T>(
  root: string,
  io: Pick<Io, 'env' | 'err'>,
  act: (queue: SqliteQueue) => T | Promise<T>,
): Promise<T | null> {
  const { openHandleIfThere } = await import('./queue/open-queue.js')
  let isLost = false
  const onLost = (): void => void (isLost = true)
  const handle = await openHandleIfThere(queuePath(root), { onNotice: tellDamage(io), onLost })
  if (handle === null) return null
  try {
    return await handle.use(act)
  } finally {
    handle[Symbol.dispose]()
    if (isLost) await (await import('./lost-events.js')).tellLoss(root, io)
  }
}

/**
 * Calls `act` with the queue of the root, without changing it even if it is damaged. Returns null if there is no queue.
 * Throws `E_QUEUE_CORRUPT` for a damaged one, and `E_QUEUE_UNUSABLE` for one in the home of another user.
 */
export async function lookAtQueue<T>(root: string, act: (queue: SqliteQueue) => T): Promise<T | null> {
  const path = queuePath(root)
  const foreign = isQueueAbsent(path) ? null : homeOfAnotherUser(root)
  if (foreign !== null) throw unusable(path, foreign, undefined, null)
  const { openQueueToLook } = await import('./queue/open-queue.js')
  const queue = await openQueueToLook(path)
  if (queue === null) return null
  try {
    return act(queue)
  } finally {
    queue[Symbol.dispose]()
  }
}

/** Returns the ids that are not among those that were found. There is no limit to how many events a server rejects. */
export function idsBut(found: readonly string[], ids: readonly string[]): readonly string[] {
  const known = new Set(found)
  return ids.filter((id) => !known.has(id))
}

/** Returns a function that prints on stderr that a damaged queue was put aside, where it is, and how to save the events in it. */
export function tellDamage(io: Pick<Io, 'err'> & Partial<Pick<Io, 'errorColumns'>>): (text: string) => void {
  return (text) => {
    warn(io, text)
    warn(io, `what waits in the damaged one is not sent; ${salvageHint()}`)
  }
}
