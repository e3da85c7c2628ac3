import { existsSync } from 'node:fs'
import type { JsonObject } from 'familiar'
import { queuePath } from '../queue/place.js'
import { readSession } from '../session/session.js'
import type { Gate } from '../upload/types.js'

/** Returns what the `owner` block of the health reply says of session and queue. Every user of the machine can read it. */
export function ownerOf(root: string, gate: Gate): JsonObject {
  const read = readSession(root)
  const session = read.state === 'readable' ? read.session : null
  const path = queuePath(root)
  return {
    server_url: gate.state === 'open' ? gate.serverUrl : (session?.server_url ?? null),
    auth_principal: session?.principal ?? null,
    auth_team: session?.team ?? null,
    auth_scope: session?.auth_scope ?? null,
    queue_db_path: existsSync(path) ? path : null,
  }
}
