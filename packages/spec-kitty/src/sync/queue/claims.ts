import type { JsonObject } from 'familiar'
import { objectOf, parseJson } from 'familiar/cli'
import { COLUMNS, decode, encode, encodeOrNull, ORIGIN, toEvent } from './columns.js'
import type { Database } from './sqlite.js'
import type { ClaimLimits, QueuedEvent, Settled } from './queue-types.js'

/** The claim of a process on events of a project. A project has at most one claim. */
export interface Claim {
  readonly id: number
  readonly owner: JsonObject
}

/** Returns the owner as text with its members sorted, because owners are compared as text. */
export function textOf(owner: JsonObject): string {
  const members = Object.entries(owner).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(Object.fromEntries(members))
}

export function claimOf(database: Database, project: string): Claim | null {
  const row = database.prepare('SELECT id, owner FROM claims WHERE project = ?').get(encode(project))
  if (row === undefined) return null
  return { id: Number(row['id']), owner: objectOf(parseJson(String(row['owner']))) ?? {} }
}

/** Releases the events of a claim, which then wait again. */
export function free(database: Database, id: number): void {
  database.prepare('UPDATE events SET claim = NULL WHERE claim = ?').run(id)
  database.prepare('DELETE FROM claims WHERE id = ?').run(id)
}

export function freeAllOf(database: Database, owner: JsonObject): void {
  const claims = database.prepare('SELECT id FROM claims WHERE owner = ?').all(textOf(owner))
  for (const { id } of claims) free(database, Number(id))
}

/** Claims the oldest unclaimed events of a project. */
export function claimOldest(
  database: Database,
  project: string,
  owner: JsonObject,
  limits: ClaimLimits,
): readonly QueuedEvent[] {
  const { after = 0 } = limits
  const origins = limits.origins === undefined ? null : JSON.stringify(limits.origins)
  const last = lastWithin(database, project, limits, origins)
  if (last === null) return []
  database.prepare('INSERT INTO claims (project, owner) VALUES (?, ?)').run(encode(project), textOf(owner))
  const oldest = `project = ? AND rejected_at IS NULL AND seq > ? AND seq <= ? AND ${HAS_ORIGIN}`
  const id = claimOf(database, project)?.id ?? null
  database
    .prepare(`UPDATE events SET claim = ? WHERE ${oldest}`)
    .run(id, encode(project), after, last, origins, origins)
  const rows = database.prepare(`SELECT ${COLUMNS} FROM events WHERE ${oldest} ORDER BY seq`)
  return rows.all(encode(project), after, last, origins, origins).map(toEvent)
}

/** Removes the waiting events with one of these origins that no process has claimed. Returns their ids. */
export function removeUnclaimed(
  database: Database,
  project: string,
  origins: readonly string[],
): readonly string[] {
  const list = JSON.stringify(origins)
  const remove = database.prepare(
    `DELETE FROM events WHERE project = ? AND rejected_at IS NULL AND claim IS NULL AND ${HAS_ORIGIN}
     RETURNING event_id`,
  )
  return remove.all(encode(project), list, list).map((row) => decode(row['event_id']))
}

/**
 * Returns which of these events hold up their project: each waits, has been sent in vain, and is the oldest of its project.
 */
export function unsettledAmong(database: Database, eventIds: readonly string[]): readonly string[] {
  const find = database.prepare(
    `SELECT 1 FROM events AS it WHERE event_id = ? AND rejected_at IS NULL AND attempts > 0 AND NOT EXISTS (
       SELECT 1 FROM events WHERE project = it.project AND rejected_at IS NULL AND seq < it.seq AND ${ORIGIN} =
         (SELECT ${ORIGIN} FROM events WHERE seq = it.seq))`,
  )
  return eventIds.filter((id) => find.get(encode(id)) !== undefined)
}

/** Takes the list of origins as JSON twice. Null means no limit. */
const HAS_ORIGIN = `(? IS NULL OR ${ORIGIN} IN (SELECT value FROM json_each(?)))`

/** Returns the last of the oldest events that fit within the limits; null if no event waits. Reads no envelopes. */
function lastWithin(
  database: Database,
  project: string,
  { events, bytes: maxBytes, after = 0 }: ClaimLimits,
  origins: string | null,
): number | null {
  const oldest = database.prepare(
    `SELECT seq, size FROM events
     WHERE project = ? AND rejected_at IS NULL AND seq > ? AND ${HAS_ORIGIN} ORDER BY seq LIMIT ?`,
  )
  let last: number | null = null
  let bytes = 0
  for (const { seq, size } of oldest.all(encode(project), after, origins, origins, events)) {
    bytes += Number(size)
    if (last !== null && bytes > maxBytes) break
    last = Number(seq)
  }
  return last
}

/** Records the results for events that `owner` has claimed. */
export function settleAll(database: Database, owner: JsonObject, results: readonly Settled[]): void {
  const isOwn = 'claim IN (SELECT id FROM claims WHERE owner = ?)'
  const done = database.prepare('DELETE FROM events WHERE seq = ?')
  const keep = database.prepare(
    `UPDATE events SET claim = NULL, attempts = attempts + 1, last_error = ? WHERE seq = ? AND ${isOwn}`,
  )
  const dead = database.prepare(
    `UPDATE events SET claim = NULL, attempts = attempts + 1, rejected_at = ?, reason = ?, category = ?
     WHERE seq = ? AND ${isOwn}`,
  )
  const [text, now] = [textOf(owner), new Date().toISOString()]
  for (const one of results) {
    if (one.outcome === 'done') done.run(one.seq)
    else if (one.outcome === 'keep') keep.run(encodeOrNull(one.error), one.seq, text)
    else dead.run(now, encode(one.reason), encodeOrNull(one.category), one.seq, text)
  }
  database
    .prepare(
      'DELETE FROM claims WHERE owner = ? AND id NOT IN (SELECT claim FROM events WHERE claim NOT NULL)',
    )
    .run(text)
}
