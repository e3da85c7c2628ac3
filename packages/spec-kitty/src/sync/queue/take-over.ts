import type { Database, SqlValue } from './sqlite.js'

/**
 * Copies all events of a database into another one of the same format. They keep their numbers, so they keep their order,
 * and the result for an event that is in transit can be recorded. Events that the other database has already stay as they
 * are there. Claims are not copied. The caller has a transaction open.
 */
export function copyEvents(from: Database, to: Database): void {
  const columns = columnsOf(from)
  const rows = from.prepare(`SELECT seq, ${columns.join(', ')} FROM events ORDER BY seq`)
  const [inPlace, insert] = [to.prepare(insertText(['seq', ...columns])), to.prepare(insertText(columns))]
  for (const { seq, ...row } of rows.iterate()) {
    const values = columns.map((name) => row[name] as SqlValue)
    // If another event has the number already, the event gets a new one.
    if (Number(inPlace.run(seq as SqlValue, ...values).changes) === 0) insert.run(...values)
  }
}

/** Returns the columns of the events, except their number. */
function columnsOf(database: Database): readonly string[] {
  const names = database.prepare("SELECT name FROM pragma_table_info('events')").all()
  return names.map(({ name }) => String(name)).filter((name) => name !== 'seq')
}

function insertText(columns: readonly string[]): string {
  return `INSERT INTO events (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`
}
