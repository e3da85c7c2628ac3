import type { JsonObject } from 'familiar'
import type { Session } from './session-state.js'

/**
 * Returns what the commands print about a session with `--json`. It never contains a token. `isRefused`: the server
 * rejected the session when the daemon last used it.
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

/** Returns the result of `auth login` as text. A token that the user gave was not checked with a server. */
export function loginText({ server_url, principal, kind }: Session): string {
  if (kind === 'token')
    return `stored the token for ${server_url}; the first upload shows whether the server takes it`
  return `signed in to ${server_url}${principal === null ? '' : ` as ${principal}`}`
}
