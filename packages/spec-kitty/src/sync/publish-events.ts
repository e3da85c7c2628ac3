import { strandedOf } from './consent-of-events.js'
import type { NewEvent, Published, Queue } from './queue/queue-types.js'

/**
 * Queues the events. Those that are queued already, for a project that is not in its directory any more, are moved to the one
 * that publishes them: the user says so by publishing them there. Throws what `Queue.publish` throws.
 */
export async function publishEvents(
  queue: Pick<Queue, 'publish' | 'waiting'>,
  events: readonly NewEvent[],
  maxSize: number,
): Promise<Published> {
  const first = queue.publish(events, maxSize)
  if (first.duplicates.length === first.dead) return first
  const stranded = await strandedOf(queue.waiting())
  if (stranded.length === 0) return first
  const ids = new Set(first.duplicates)
  const again = new Map(events.filter(({ eventId }) => ids.has(eventId)).map((one) => [one.eventId, one]))
  const second = queue.publish([...again.values()], maxSize, stranded)
  return {
    queued: first.queued + second.queued,
    // An id that stands twice in these events is still one event.
    duplicates: first.duplicates.filter(
      (id, index, all) => second.duplicates.includes(id) || all.indexOf(id) !== index,
    ),
    dead: first.dead,
  }
}
