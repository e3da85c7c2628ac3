import { existsSync } from 'node:fs'
import { decode, encode, ORIGIN } from './columns.js'
import type { NewEvent, Published, Stranded } from './queue-types.js'
import type { Database } from './sqlite.js'

interface Inserted extends Published {
  /** How many more events wait than before. */
  readonly added: number
}

/**
 * Inserts the events. One that waits for a project whose directory is gone, or that another project has replaced (`stranded`),
 * could never leave: it moves to the end of the queue of its new project. The caller has a transaction open, so that the event
 * is always in exactly one place.
 */
export function insertEvents(
  database: Database,
  events: readonly NewEvent[],
  stranded: readonly Stranded[],
): Inserted {
  const insert = insertInto(database)
  const remove = removeStranded(database, stranded)
  let added = 0
  const known = events.filter((event) => {
    if (insert(event)) added += 1
    else if (!remove(event) || !insert(event)) return true
    return false
  })
  const duplicates = known.map(({ eventId }) => eventId)
  const find = database.prepare('SELECT 1 FROM events WHERE event_id = ? AND rejected_at IS NOT NULL')
  return {
    added,
    queued: events.length - duplicates.length,
    duplicates,
    dead: duplicates.filter((id) => find.get(encode(id)) !== undefined).length,
  }
}

/** Returns a function that inserts an event. It returns false if the queue already contains the event. */
function insertInto(database: Database): (event: NewEvent) => boolean {
  const insert = database.prepare(
    `INSERT INTO events (event_id, event_type, project_uuid, project, envelope, size, queued_at, origin)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING`,
  )
  const now = new Date().toISOString()
  return ({ eventId, eventType, projectUuid, project, origin = null, envelope }) => {
    const texts = [eventId, eventType, projectUuid, project].map(encode)
    return Number(insert.run(...texts, envelope, Buffer.byteLength(envelope), now, origin).changes) > 0
  }
}

/**
 * Returns a function that removes a waiting event of another project that is no longer in its directory, and returns
 * whether it did. A claimed event may already be in transit, and the user must decide about a rejected one, so both are
 * kept.
 */
function removeStranded(database: Database, stranded: readonly Stranded[]): (event: NewEvent) => boolean {
  const find = database.prepare(
    `SELECT seq, project, ${ORIGIN} AS origin FROM events
     WHERE event_id = ? AND claim IS NULL AND rejected_at IS NULL`,
  )
  const remove = database.prepare('DELETE FROM events WHERE seq = ?')
  const gone = new Map<string, boolean>()
  return ({ eventId, project }) => {
    const row = find.get(encode(eventId))
    if (row === undefined) return false
    const before = decode(row['project'])
    if (!gone.has(before)) gone.set(before, before !== project && !existsSync(before))
    const isStranded =
      gone.get(before) === true ||
      stranded.some((one) => one.project === before && one.origin === row['origin'])
    return isStranded && Number(remove.run(Number(row['seq'])).changes) > 0
  }
}
