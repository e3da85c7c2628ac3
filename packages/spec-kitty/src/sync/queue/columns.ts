import type { DeadLetter, QueuedEvent, WaitingProject } from './queue-types.js'
import type { Row } from './sqlite.js'

/** The columns of a waiting event, in the order of `QueuedEvent`. */
export const COLUMNS =
  'seq, event_id, event_type, project_uuid, project, envelope, queued_at, attempts, last_error'

/**
 * The origin of an event as text. An event that was queued by a version without origins has only its `project_uuid`,
 * which is stored as it is between the quotes of a JSON string.
 */
export const ORIGIN = `coalesce(origin, '{"publishedUuid":"' || project_uuid || '"}')`

export const DEAD_COLUMNS = `${COLUMNS}, rejected_at, reason, category`

/**
 * Returns the text in the form in which it is stored: as between the quotes of a JSON string. Text in SQLite ends at a
 * NUL and cannot contain half of a surrogate pair. (An envelope already is JSON.)
 */
export function encode(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

export function decode(stored: unknown): string {
  const text = String(stored)
  return text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text
}

export function encodeOrNull(text: string | null): string | null {
  return text === null ? null : encode(text)
}

export function decodeOrNull(stored: unknown): string | null {
  return stored === null ? null : decode(stored)
}

export function toEvent(row: Row): QueuedEvent {
  return {
    seq: Number(row['seq']),
    eventId: decode(row['event_id']),
    eventType: decode(row['event_type']),
    projectUuid: decode(row['project_uuid']),
    project: decode(row['project']),
    envelope: String(row['envelope']),
    queuedAt: String(row['queued_at']),
    attempts: Number(row['attempts']),
    lastError: decodeOrNull(row['last_error']),
  }
}

export function toDeadLetter(row: Row): DeadLetter {
  return {
    ...toEvent(row),
    rejectedAt: String(row['rejected_at']),
    reason: decode(row['reason']),
    category: decodeOrNull(row['category']),
  }
}

/** The row has the origin as `known`, and the number of events as `n`. */
export function toWaitingProject(row: Row): WaitingProject {
  return {
    project: decode(row['project']),
    origin: String(row['known']),
    projectUuid: decode(row['project_uuid']),
    count: Number(row['n']),
    oldestAt: String(row['queued_at']),
    attempts: Number(row['attempts']),
    lastError: decodeOrNull(row['last_error']),
  }
}
