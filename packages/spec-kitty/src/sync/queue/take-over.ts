import type { Database, SqlValue } from './sqlite.js'

const COLUMNS = [
  'event_id',
  'rejected_at',
  'attempts',
  'size',
  'queued_at',
  'project',
  'project_uuid',
  'event_type',
  'last_error',
  'reason',
  'category',
  'envelope',
  'origin',
]

const INSERT = insertText(COLUMNS)
const INSERT_IN_PLACE = insertText(['seq', ...COLUMNS])

/**
 * Copies all events of a database into another one of the same format. They keep their numbers, so they keep their order,
 * and the result for an event that is in transit can be recorded. Events that the other database has already stay as they
 * are there. Claims are not copied. The caller has a transaction open.
 */
export function copyEvents(from: Database, to: Database): void {
  const rows = from.prepare(`SELECT seq, ${COLUMNS.join(', ')} FROM events ORDER BY seq`)
  const [inPlace, insert] = [to.prepare(INSERT_IN_PLACE), to.prepare(INSERT)]
  for (const { seq, ...row } of rows.iterate()) {
    const values = COLUMNS.map((name) => row[name] as SqlValue)
    // If another event has the number already, the event gets a new one.
    if (Number(inPlace.run(seq as SqlValue, ...values).changes) === 0) insert.run(...values)
  }
}

function insertText(columns: readonly string[]): string {
  return `INSERT INTO events (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`
}
