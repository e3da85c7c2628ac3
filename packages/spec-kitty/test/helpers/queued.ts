import type { QueuedEvent } from '../../src/sync/queue/queue-types.js'
import type { Part } from '../../src/sync/upload/batch.js'

/** An event that waits, with an envelope that fits it. */
export function queued(seq: number, more: Partial<QueuedEvent> = {}): QueuedEvent {
  const { eventId = `event-${seq}`, eventType = 'wp.moved', projectUuid = 'p-1' } = more
  const timestamp = '2026-11-26T14:00:00Z'
  return {
    seq,
    eventId,
    eventType,
    projectUuid,
    project: '/projects/one',
    envelope: JSON.stringify({
      event_id: eventId,
      event_type: eventType,
      project_uuid: projectUuid,
      timestamp,
    }),
    queuedAt: '2026-11-26T14:00:01.000Z',
    attempts: 0,
    lastError: null,
    ...more,
  }
}

export function part(seq: number, text = `{"n":${seq}}`): Part {
  return { seq, eventId: `event-${seq}`, text, bytes: Buffer.byteLength(text) }
}

export function parts(count: number): readonly Part[] {
  return Array.from({ length: count }, (_, index) => part(index + 1))
}
