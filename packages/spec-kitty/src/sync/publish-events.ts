import { CommandError } from 'familiar/cli'
import { strandedOf } from './consent-of-events.js'
import type { NewEvent, Published, Queue } from './queue/queue-types.js'
import type { SqliteQueue } from './queue/sqlite-queue.js'

/** What a queue has done that had to be replaced since, because its file was damaged or removed. */
interface Before {
  first: Published | null
}

type Target = Pick<Queue, 'publish' | 'waiting'> & Partial<Pick<SqliteQueue, 'lost'>>

/**
 * Queues the events. An event may already be queued for another project that is no longer in its directory. Such an event
 * is moved to the project that publishes it, because this is how the user says that it belongs there. Throws what
 * `Queue.publish` throws, but once an event is queued, only what makes `QueueHandle.use` replace the file and call this again
 * with the same `before`: who publishes again would send it twice. Then `notMoved` says why such an event was not moved.
 */
export async function publishEvents(
  queue: Target,
  events: readonly NewEvent[],
  maxSize: number,
  before: Before = { first: null },
): Promise<Published> {
  const isAgain = before.first !== null
  const now = queue.publish(events, maxSize)
  const first = (before.first ??= now)
  if (first.duplicates.length === first.dead) return first
  try {
    return await moveStranded(queue, events, maxSize, first)
  } catch (error) {
    if (first.queued === 0 || (!isAgain && isReplaceable(queue, error))) throw error
    return { ...first, notMoved: error instanceof Error ? error.message : String(error) }
  }
}

/** The events are in a file that is damaged, or that nobody but this process may have open. */
function isReplaceable(queue: Target, error: unknown): boolean {
  const code = error instanceof CommandError ? error.code : null
  return code === 'E_QUEUE_CORRUPT' || (code === 'E_QUEUE_BUSY' && (queue.lost?.() ?? null) !== null)
}

async function moveStranded(
  queue: Pick<Queue, 'publish' | 'waiting'>,
  events: readonly NewEvent[],
  maxSize: number,
  first: Published,
): Promise<Published> {
  const stranded = await strandedOf(queue.waiting())
  if (stranded.length === 0) return first
  const ids = new Set(first.duplicates)
  const again = new Map(events.filter(({ eventId }) => ids.has(eventId)).map((one) => [one.eventId, one]))
  const second = queue.publish([...again.values()], maxSize, stranded)
  return {
    queued: first.queued + second.queued,
    // An id that occurs twice in these events is still one event.
    duplicates: first.duplicates.filter(
      (id, index, all) => second.duplicates.includes(id) || all.indexOf(id) !== index,
    ),
    dead: first.dead,
  }
}
