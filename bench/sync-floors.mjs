// @ts-check
/**
 * The baselines of `sync.mjs`: `node sync-floors.mjs insert FILE DATABASE` inserts each line of a file, and `... post
 * FILE URL` posts the lines in batches, one after the other. They do no checks, keep no state and retry nothing.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { BATCH_LIMITS } from '../packages/spec-kitty/dist/sync/upload/batch.js'
import { loadSqlite } from '../packages/spec-kitty/dist/sync/queue/sqlite.js'

/** The number of events that `sync publish` queues in one transaction. */
const BATCH_EVENTS = 1_000

const [act, file = '', place = ''] = process.argv.slice(2)
const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
if (act === 'insert') await insert()
else if (act === 'post') await post()
else throw new Error(`no such floor: ${act}`)

/** Inserts the lines with the same SQLite, the same durability (WAL, FULL) and the same columns: a unique id and the text. */
async function insert() {
  const database = (await loadSqlite()).open(place)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON')
  database.exec(
    'CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, envelope TEXT NOT NULL) STRICT',
  )
  const statement = database.prepare('INSERT INTO events (event_id, envelope) VALUES (?, ?)')
  for (let from = 0; from < lines.length; from += BATCH_EVENTS) {
    database.exec('BEGIN IMMEDIATE')
    for (const [at, line] of lines.slice(from, from + BATCH_EVENTS).entries()) {
      statement.run(`e-${from + at}`, line)
    }
    database.exec('COMMIT')
  }
  database.close()
}

async function post() {
  const agent = new Agent({ keepAlive: true })
  for (const batch of batches()) {
    const bytes = gzipSync(`{"events":[${batch.join(',')}]}`)
    const sent = request(place, { method: 'POST', agent, headers: { 'content-encoding': 'gzip' } })
    sent.end(bytes)
    const [reply] = await once(sent, 'response')
    const parts = []
    for await (const part of reply) parts.push(part)
    JSON.parse(Buffer.concat(parts).toString())
  }
  agent.destroy()
}

/** Returns the lines in batches with the same limits as the daemon's. */
function batches() {
  /** @type {string[][]} */
  const all = [[]]
  let bytes = 0
  for (const line of lines) {
    const last = all.at(-1) ?? []
    if (last.length === BATCH_LIMITS.events || bytes + line.length + 1 > BATCH_LIMITS.bytes - 16) {
      all.push([line])
      bytes = line.length + 1
    } else {
      last.push(line)
      bytes += line.length + 1
    }
  }
  return all
}
