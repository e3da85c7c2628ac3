import { decode, ORIGIN, toWaitingProject } from './columns.js'
import type { QueueCounts, WaitingProject } from './queue-types.js'
import type { Database } from './sqlite.js'
import type { QueueSize } from './note-file.js'

export function countsOf(database: Database): QueueCounts {
  const oldest = database
    .prepare('SELECT queued_at FROM events WHERE rejected_at IS NULL ORDER BY seq LIMIT 1')
    .get()
  return {
    queued: countWaiting(database),
    oldestAt: oldest === undefined ? null : String(oldest['queued_at']),
    deadLetters: countDead(database),
  }
}

/** Returns what is remembered beside the queue. */
export function sizeOf(database: Database): QueueSize {
  const last = database.prepare('SELECT max(seq) AS seq FROM events').get()?.['seq']
  return {
    waiting: countWaiting(database),
    rejected: countDead(database),
    lastSeq: last === null || last === undefined ? null : Number(last),
  }
}

/** Returns the highest number that an event of this queue ever had. */
export function newestSeq(database: Database): number | null {
  const seq = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get()?.['seq']
  return seq === undefined ? null : Number(seq)
}

/** Makes the next event get a higher number than this one. */
export function raiseSeq(database: Database, seq: number): void {
  database.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'events'").run(seq)
}

export function containsSeq(database: Database, seq: number): boolean {
  return database.prepare('SELECT 1 FROM events WHERE seq = ?').get(seq) !== undefined
}

/** Returns how many events wait: all but the dead letters. */
function countWaiting(database: Database): number {
  return Number(database.prepare('SELECT count(*) AS n FROM events WHERE rejected_at IS NULL').get()?.['n'])
}

function countDead(database: Database): number {
  return Number(
    database.prepare('SELECT count(*) AS n FROM events WHERE rejected_at IS NOT NULL').get()?.['n'],
  )
}

/** Returns the reason of the event that the server rejected last; null if it rejected none. */
export function lastReasonOf(database: Database): string | null {
  const last = database
    .prepare(
      'SELECT reason FROM events WHERE rejected_at IS NOT NULL ORDER BY rejected_at DESC, seq DESC LIMIT 1',
    )
    .get()
  return last === undefined ? null : decode(last['reason'])
}

/** Returns the projects with waiting events, the one with the oldest event first. */
export function waitingProjects(database: Database): readonly WaitingProject[] {
  // With `min()`, SQLite takes the other columns from the row with the minimum.
  const rows = database
    .prepare(
      `SELECT project, project_uuid, queued_at, attempts, last_error, ${ORIGIN} AS known,
         count(*) AS n, min(seq) AS oldest
       FROM events WHERE rejected_at IS NULL GROUP BY project, known ORDER BY oldest`,
    )
    .all()
  return rows.map(toWaitingProject)
}
