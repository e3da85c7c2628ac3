import { CommandError } from 'familiar/cli'
import { cureCommand, moveAwayCommand } from '../../cli/cure-file.js'
import { isDirectory, readStored, type StoredSession } from './read-session-file.js'
import { inHome } from '../../cli/in-home.js'

/** A session without its tokens, which may be shown, logged and sent. */
export interface Session extends Omit<
  StoredSession,
  'access_token' | 'refresh_token' | 'token_endpoint' | 'revocation_endpoint' | 'resource' | 'ended_at'
> {
  /** Why the session cannot be used until the user signs in again; null if it can be used. */
  readonly over: 'ended_by_server' | 'expired' | null
  /** Whether the access token is renewed without the user. */
  readonly renews: boolean
}

export type SessionRead =
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly path: string; readonly why: string }
  | { readonly state: 'readable'; readonly session: Session }

/** Reads the session of the root, as `readStored` does, without the tokens. */
export function readSession(root: string): SessionRead {
  const read = readStored(root)
  return read.state === 'readable' ? { state: 'readable', session: withoutTokens(read.session) } : read
}

export function withoutTokens(stored: StoredSession): Session {
  return {
    kind: stored.kind,
    server_url: stored.server_url,
    principal: stored.principal,
    team: stored.team,
    auth_scope: stored.auth_scope,
    signed_in_at: stored.signed_in_at,
    expires_at: stored.expires_at,
    issuer: stored.issuer,
    client_id: stored.client_id,
    over: whyOver(stored),
    renews: stored.refresh_token !== null,
  }
}

/** Returns whether the access token expires within this time; false if its expiry is unknown. */
export function expiresWithin({ expires_at }: Pick<StoredSession, 'expires_at'>, ms: number): boolean {
  return expires_at !== null && Date.parse(expires_at) <= Date.now() + ms
}

function whyOver(stored: StoredSession): Session['over'] {
  if (stored.access_token === null) return 'ended_by_server'
  return stored.refresh_token === null && expiresWithin(stored, 0) ? 'expired' : null
}

/** `inTheWay`: why no sign-in works here, so that none can replace the session. */
export function sessionUnreadable(
  { path, why }: { readonly path: string; readonly why: string },
  inTheWay: string | null = null,
): CommandError {
  const opening = why === 'EACCES' ? cureCommand(path, why) : null
  return new CommandError('E_SESSION_UNREADABLE', `${path} cannot be read: ${why}`, {
    hint: isDirectory(path)
      ? `to move it away: ${moveAwayCommand(path)}`
      : opening !== null
        ? `to let it be read: ${opening}`
        : (inTheWay ??
          inHome`to replace it, with your server for HOST: spec-kitty auth login --server https://HOST`),
  })
}

/** Why a session is over, in words. */
export const OVER: Readonly<Record<NonNullable<Session['over']>, string>> = {
  ended_by_server: 'the server has ended the session',
  expired: 'the session has expired',
}
