import { strandedOf } from './consent-of-events.js'
import type { NewEvent, Published, Queue } from './queue/queue-types.js'

/**
 * Queues the events. An event may already be queued for another project that is no longer in its directory. Such an event
 * is moved to the project that publishes it, because this is how the user says that it belongs there. Throws what
 * `Queue.publish` throws, but nothing once an event is queued: who publishes again would send it twice. Then `notMoved` says
 * why such an event was not moved.
 */
export async function publishEvents(
  queue: Pick<Queue, 'publish' | 'waiting'>,
  events: readonly NewEvent[],
  maxSize: number,
): Promise<Published> {
  const first = queue.publish(events, maxSize)
  if (first.duplicates.length === first.dead) return first
  try {
    return await moveStranded(queue, events, maxSize, first)
  } catch (error) {
    if (first.queued === 0) throw error
    return { ...first, notMoved: error instanceof Error ? error.message : String(error) }
  }
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
