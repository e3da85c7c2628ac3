import type { JsonObject } from 'familiar'
import type { Session } from './read-session.js'

/**
 * Returns what the commands print about a session with `--json`. It never contains a token. `isRefused`: the server refused the
 * session when the daemon last used it.
 */
export function sessionDocument(session: Session | null, isRefused = false): JsonObject {
  return {
    signed_in: session !== null && session.over === null && !isRefused,
    state: session === null ? 'none' : (session.over ?? (isRefused ? 'refused' : 'signed_in')),
    server_url: session?.server_url ?? null,
    principal: session?.principal ?? null,
    team: session?.team ?? null,
    auth_scope: session?.auth_scope ?? null,
    kind: session?.kind ?? null,
    issuer: session?.issuer ?? null,
    client_id: session?.client_id ?? null,
    signed_in_at: session === null ? null : session.signed_in_at,
    expires_at: session?.expires_at ?? null,
    renews: session?.renews ?? false,
  }
}

/** Returns the server and the user of a session: `https://sync.example.org as ann@example.org`. */
export function whoAndWhere({ server_url, principal, kind }: Session): string {
  const who = principal === null ? (kind === 'token' ? ' with a token' : '') : ` as ${principal}`
  return `${server_url}${who}`
}
