import { objectOf, parseJson, type Io } from 'familiar/cli'
import * as openid from 'openid-client'
import { explain, refusalIn, unsupported } from './auth-errors.js'
import { boundedFetch, type Fetch } from './bounded-fetch.js'
import { isToken, type StoredSession } from './read-session-file.js'

/**
 * Requests to the sign-in service about a session. This module loads `openid-client`, so it is imported only when a token
 * is renewed or revoked.
 */

/** The time limit for each request to the service. */
export const TIMEOUT_SECONDS = 15

/** The time limit for renewing a token. It must be shorter than the time that a daemon has to shut down. */
const RENEW_SECONDS = 10

/** The maximum validity of a token that is recorded. Later times cannot be written as ISO 8601. */
const MAX_TOKEN_SECONDS = 100 * 365 * 24 * 60 * 60

/** The part of a session that a renewal changes. */
type Tokens = Pick<StoredSession, 'access_token' | 'refresh_token' | 'expires_at' | 'auth_scope'>

/** The service's answer to a request for tokens. */
export type Reply = Awaited<ReturnType<typeof openid.genericGrantRequest>>

/**
 * Requests new tokens. Returns null if the service has ended the session. Throws `E_AUTH_UNREACHABLE`, `E_AUTH_REFUSED`
 * or `E_AUTH_UNSUPPORTED`, which say nothing about the session.
 */
export async function renewTokens(session: StoredSession, env: Io['env']): Promise<Tokens | null> {
  const { issuer, token_endpoint: endpoint, refresh_token: refresh, resource } = session
  if (refresh === null) return null
  const config = storedConfig(session)
  config[openid.customFetch] = onlyTokens(boundedFetch(env))
  config.timeout = RENEW_SECONDS
  try {
    const reply = await openid.refreshTokenGrant(config, refresh, resource === null ? {} : { resource })
    return tokensFrom(reply, session)
  } catch (error) {
    if (refusalIn(error) === 'invalid_grant') return null
    throw explain(error, issuer ?? endpoint ?? '', secretsOf(session))
  }
}

/** Asks the service to revoke both tokens (RFC 7009). Throws `E_AUTH_UNREACHABLE`, `E_AUTH_REFUSED`, `E_AUTH_UNSUPPORTED`. */
export async function revokeTokens(session: StoredSession, env: Io['env']): Promise<void> {
  const config = storedConfig(session)
  config[openid.customFetch] = boundedFetch(env)
  config.timeout = TIMEOUT_SECONDS
  try {
    for (const kind of ['refresh_token', 'access_token'] as const) {
      const token = session[kind]
      if (token !== null) await openid.tokenRevocation(config, token, { token_type_hint: kind })
    }
  } catch (error) {
    throw explain(error, session.revocation_endpoint ?? '', secretsOf(session))
  }
}

/**
 * Returns the client's configuration from the session. Skips discovery, because the session contains everything that is
 * needed, and one request less can fail.
 */
function storedConfig(session: StoredSession): openid.Configuration {
  const { issuer, client_id, token_endpoint, revocation_endpoint } = session
  const server = {
    issuer: issuer ?? session.server_url,
    ...(token_endpoint === null ? {} : { token_endpoint }),
    ...(revocation_endpoint === null ? {} : { revocation_endpoint }),
  }
  const config = new openid.Configuration(server, client_id ?? '', undefined, openid.None())
  // Allows HTTP here, because `boundedFetch` allows it only to this machine.
  openid.allowInsecureRequests(config)
  return config
}

/**
 * Keeps only what a renewal uses of an answer, as far as it can be used. An ID token that this client cannot check, or a
 * member of a wrong type, would be an error, and the new tokens would be lost with the answer.
 */
function onlyTokens(fetch: Fetch): Fetch {
  return async (url, options) => {
    const response = await fetch(url, options)
    const json = objectOf(parseJson(await response.clone().text()))
    if (!response.ok || json === null) return response
    const { access_token, refresh_token: refresh, token_type: type, expires_in, scope } = json
    const seconds = Number(expires_in ?? Number.NaN)
    return Response.json({
      access_token,
      ...(typeof refresh === 'string' && isToken(refresh) ? { refresh_token: refresh } : {}),
      token_type: type ?? 'bearer',
      ...(Number.isFinite(seconds) && seconds >= 0 ? { expires_in: seconds } : {}),
      ...(typeof scope === 'string' ? { scope } : {}),
    })
  }
}

/**
 * Returns the new tokens. Members that are missing in the answer keep their values, because a service that does not
 * rotate refresh tokens sends no new one.
 */
export function tokensFrom(
  reply: Reply,
  before: Pick<StoredSession, 'refresh_token' | 'auth_scope'>,
): Tokens {
  const { access_token, refresh_token, expires_in, scope } = reply
  for (const token of [access_token, refresh_token ?? 'none']) {
    if (!isToken(token)) throw unsupported('the sign-in service gave a token that cannot be stored')
  }
  return {
    access_token,
    refresh_token: refresh_token ?? before.refresh_token,
    expires_at: expires_in === undefined ? null : timeIn(expires_in),
    auth_scope: scope ?? before.auth_scope,
  }
}

function timeIn(seconds: number): string {
  return new Date(Date.now() + Math.min(Math.max(seconds, 0), MAX_TOKEN_SECONDS) * 1000).toISOString()
}

function secretsOf({ access_token, refresh_token }: StoredSession): readonly string[] {
  return [access_token, refresh_token].filter((token) => token !== null)
}
