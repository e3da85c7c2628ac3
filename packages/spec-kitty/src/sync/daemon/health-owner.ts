import { existsSync } from 'node:fs'
import type { JsonObject } from 'familiar'
import { queuePath } from '../queue/queue-path.js'
import { readSession } from '../session/session-state.js'

/**
 * Returns the members of the health reply's `owner` block that describe the session and the queue. Every user of the
 * machine can read them.
 */
export function ownerOf(root: string): JsonObject {
  const read = readSession(root)
  const session = read.state === 'readable' ? read.session : null
  const path = queuePath(root)
  return {
    server_url: session?.server_url ?? null,
    auth_principal: session?.principal ?? null,
    auth_team: session?.team ?? null,
    auth_scope: session?.auth_scope ?? null,
    queue_db_path: existsSync(path) ? path : null,
  }
}
