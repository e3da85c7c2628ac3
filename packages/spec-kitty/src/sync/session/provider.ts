import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError, objectOf, parseJson, stringOf } from 'familiar/cli'
import type { JsonObject } from 'familiar'
import * as openid from 'openid-client'
import { explain, lossIn, refusalIn, textOf } from './auth-errors.js'
import { boundedFetch } from './bounded-fetch.js'
import { isSafeUrl, withoutSlash } from '../server-url.js'
import { checkedUrl, type ServerSettings } from './server-settings.js'
import { isToken, type StoredSession } from './stored-session.js'

/**
 * The only module that loads `openid-client`: it is imported when a user signs in or out, or a token is renewed.
 */

/** For each request to the service. */
const TIMEOUT_SECONDS = 15

/** Renewing must end before a daemon that is told to leave must be gone. */
const RENEW_SECONDS = 10

const SLOW_DOWN_SECONDS = 5
const MAX_INTERVAL_SECONDS = 60
const DEFAULT_INTERVAL_SECONDS = 5
/** A service that says less has no reason to. */
const MIN_INTERVAL_SECONDS = 1

/** A code that is valid for longer is waited for no longer. */
const MAX_LOGIN_SECONDS = 60 * 60
/** A token that is said to be good for longer is good for so long: later times cannot be written. */
const MAX_TOKEN_SECONDS = 100 * 365 * 24 * 60 * 60

/** What is asked for; a service that lists what it knows is asked only for that. */
const SCOPES = ['openid', 'profile', 'email', 'offline_access']

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

const MAX_CODE_CHARS = 64

/** A sign-in that waits for the user. */
export interface PendingLogin {
  readonly userCode: string
  readonly url: string
  /** The same with the code in it, if the service has such a URL. */
  readonly urlWithCode: string | null
  readonly expiresInSeconds: number
  /** Resolves when the user has confirmed. Throws `E_LOGIN_DENIED`, `E_LOGIN_EXPIRED`, `E_AUTH_REFUSED`. */
  readonly confirmed: () => Promise<StoredSession>
}

/** The part of a session that a renewal changes. */
type Tokens = Pick<StoredSession, 'access_token' | 'refresh_token' | 'expires_at' | 'auth_scope'>

type Reply = Awaited<ReturnType<typeof openid.genericGrantRequest>>

interface Service {
  readonly config: openid.Configuration
  readonly issuer: string
  /** Sent with every request for a token (RFC 8707). */
  readonly resource: { readonly resource?: string }
  readonly settings: ServerSettings
}

/**
 * Finds the sign-in service of a server, and asks it for a code that the user confirms in a browser (RFC 8628). Throws
 * `E_AUTH_UNREACHABLE`, `E_AUTH_REFUSED`, or `E_AUTH_UNSUPPORTED` if the service has no device sign-in.
 */
export async function beginLogin(settings: ServerSettings): Promise<PendingLogin> {
  const service = await findService(settings)
  const { config, issuer, resource } = service
  const known = config.serverMetadata()
  if (known.device_authorization_endpoint === undefined) {
    throw unsupported(`${issuer} has no device sign-in`)
  }
  const scope = SCOPES.filter((one) => known.scopes_supported?.includes(one) ?? true).join(' ')
  // OpenID Connect Core 1.0, 11: a refresh token is given only with the user's consent.
  const asked = { scope, prompt: 'consent', ...resource }
  const device = await openid.initiateDeviceAuthorization(config, asked).catch((error: unknown) => {
    throw explain(error, issuer, [])
  })
  const { user_code: userCode, verification_uri: url, verification_uri_complete: complete } = device
  if (userCode.length > MAX_CODE_CHARS) throw unsupported(`${issuer} gave a code that nobody can type`)
  return {
    userCode,
    url: checkedPage(url, issuer),
    urlWithCode: complete === undefined ? null : checkedPage(complete, issuer),
    expiresInSeconds: secondsToConfirm(device),
    confirmed: async () => sessionFrom(await awaitReply(service, device), service),
  }
}

/**
 * Asks for new tokens. Null if the service has ended the session. Throws `E_AUTH_UNREACHABLE`, `E_AUTH_REFUSED` or
 * `E_AUTH_UNSUPPORTED`, which say nothing about the session.
 */
export async function renewTokens(session: StoredSession): Promise<Tokens | null> {
  const { issuer, token_endpoint: endpoint, refresh_token: refresh, resource } = session
  if (refresh === null) return null
  const config = storedConfig(session)
  config[openid.customFetch] = fetchWithoutIdToken
  config.timeout = RENEW_SECONDS
  try {
    const reply = await openid.refreshTokenGrant(config, refresh, resource === null ? {} : { resource })
    return tokensFrom(reply, session)
  } catch (error) {
    if (refusalIn(error) === 'invalid_grant') return null
    throw explain(error, issuer ?? endpoint ?? '', secretsOf(session))
  }
}

/** Asks the service to forget both tokens (RFC 7009). Throws `E_AUTH_UNREACHABLE`, `E_AUTH_REFUSED`, `E_AUTH_UNSUPPORTED`. */
export async function revokeTokens(session: StoredSession): Promise<void> {
  const config = storedConfig(session)
  config[openid.customFetch] = boundedFetch
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

/** The issuer that the user configured, else the one that the server names (RFC 9728), else the server itself. */
async function findService(settings: ServerSettings): Promise<Service> {
  const { serverUrl, clientId } = settings
  const named = settings.issuer === null ? await namedIssuer(serverUrl) : null
  const issuer = settings.issuer ?? named ?? serverUrl
  const config = await discover(issuer, clientId)
  // Otherwise, a server could name the issuer of another one, and receive a token that is good there.
  const isOther = named !== null && new URL(named).origin !== new URL(serverUrl).origin
  return { config, issuer, resource: isOther ? { resource: serverUrl } : {}, settings }
}

async function namedIssuer(serverUrl: string): Promise<string | null> {
  const { origin, pathname } = new URL(serverUrl)
  const place = `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`
  const signal = AbortSignal.timeout(TIMEOUT_SECONDS * 1000)
  try {
    const response = await boundedFetch(place, {
      headers: { accept: 'application/json' },
      redirect: 'manual',
      signal,
    })
    const json = response.status === 200 ? objectOf(parseJson(await response.text())) : null
    return json === null ? null : issuerIn(json, serverUrl)
  } catch (error) {
    if (signal.aborted) throw explain(new TypeError('no answer in time'), serverUrl, [])
    throw explain(error, serverUrl, [])
  }
}

function issuerIn(json: JsonObject, serverUrl: string): string {
  const [resource, servers] = [stringOf(json['resource']), json['authorization_servers']]
  if (resource === null || withoutSlash(resource) !== serverUrl)
    throw unsupported(`${serverUrl} says that it is another server`)
  const issuer = stringOf(Array.isArray(servers) ? servers[0] : null)
  if (issuer === null) throw unsupported(`${serverUrl} names no sign-in service`)
  return checkedUrl(issuer, `the sign-in service of ${serverUrl}`)
}

/** Both places where a service may describe itself are tried: OpenID Connect Discovery, and RFC 8414. */
async function discover(issuer: string, clientId: string): Promise<openid.Configuration> {
  const find = (algorithm: 'oidc' | 'oauth2'): Promise<openid.Configuration> =>
    openid.discovery(new URL(issuer), clientId, undefined, openid.None(), {
      algorithm,
      [openid.customFetch]: boundedFetch,
      timeout: TIMEOUT_SECONDS,
      execute: [openid.allowInsecureRequests],
    })
  try {
    return await find('oidc')
  } catch (error) {
    if (lossIn(error) !== null) throw explain(error, issuer, [])
    return find('oauth2').catch((second: unknown) => {
      if (lossIn(second) !== null) throw explain(second, issuer, [])
      throw unsupported(`${issuer} does not say how to sign in (${textOf(error)})`)
    })
  }
}

/** No discovery: the session has all that is needed, and one request less can fail. */
function storedConfig(session: StoredSession): openid.Configuration {
  const { issuer, client_id, token_endpoint, revocation_endpoint } = session
  const server = {
    issuer: issuer ?? session.server_url,
    ...(token_endpoint === null ? {} : { token_endpoint }),
    ...(revocation_endpoint === null ? {} : { revocation_endpoint }),
  }
  const config = new openid.Configuration(server, client_id ?? '', undefined, openid.None())
  // `boundedFetch` allows HTTP to this machine only.
  openid.allowInsecureRequests(config)
  return config
}

/**
 * The ID token of a renewal is not used. One that this client cannot check would be an error, and the new refresh token
 * would be lost with the answer.
 */
async function fetchWithoutIdToken(url: string, options: object): Promise<Response> {
  const response = await boundedFetch(url, options)
  const json = objectOf(parseJson(await response.clone().text()))
  if (!response.ok || json === null) return response
  const { id_token: _, ...rest } = json
  return Response.json(rest)
}

/**
 * Polls until the user has confirmed, the service refuses, or the code has expired. A lost connection is not the end: the
 * user may have confirmed meanwhile.
 */
async function awaitReply(
  { config, issuer, resource }: Service,
  device: openid.DeviceAuthorizationResponse,
): Promise<Reply> {
  const end = performance.now() + secondsToConfirm(device) * 1000
  let interval = Math.max(device.interval ?? DEFAULT_INTERVAL_SECONDS, MIN_INTERVAL_SECONDS)
  for (;;) {
    const waitMs = Math.min(interval * 1000, end - performance.now())
    if (waitMs <= 0) throw expired()
    await sleep(waitMs)
    try {
      return await openid.genericGrantRequest(config, DEVICE_GRANT, {
        device_code: device.device_code,
        ...resource,
      })
    } catch (error) {
      const refusal = refusalIn(error)
      if (refusal === 'authorization_pending') continue
      if (refusal === 'slow_down') interval += SLOW_DOWN_SECONDS
      else if (lossIn(error) !== null) interval = Math.min(interval * 2, MAX_INTERVAL_SECONDS)
      else throw loginError(refusal) ?? explain(error, issuer, [device.device_code])
    }
  }
}

function secondsToConfirm({ expires_in }: openid.DeviceAuthorizationResponse): number {
  return Math.min(expires_in, MAX_LOGIN_SECONDS)
}

function loginError(refusal: string | null): CommandError | null {
  if (refusal === 'expired_token') return expired()
  if (refusal !== 'access_denied') return null
  return new CommandError('E_LOGIN_DENIED', 'the sign-in was denied in the browser')
}

function expired(): CommandError {
  return new CommandError('E_LOGIN_EXPIRED', 'the code expired before the sign-in was confirmed', {
    hint: 'run spec-kitty auth login again',
  })
}

async function sessionFrom(reply: Reply, { config, resource, settings }: Service): Promise<StoredSession> {
  const claims = await claimsOf(reply, config)
  const known = config.serverMetadata()
  const nothing = { refresh_token: null, auth_scope: null }
  return {
    kind: 'device',
    server_url: settings.serverUrl,
    principal: principalOf(claims),
    team: stringOf(claims['team']),
    signed_in_at: new Date().toISOString(),
    ended_at: null,
    issuer: known.issuer,
    client_id: settings.clientId,
    token_endpoint: known.token_endpoint ?? null,
    revocation_endpoint: known.revocation_endpoint ?? null,
    resource: resource.resource ?? null,
    ...tokensFrom(reply, nothing),
  }
}

/** What the answer leaves out stays as it was: a service that does not rotate sends no new refresh token. */
function tokensFrom(reply: Reply, before: Pick<StoredSession, 'refresh_token' | 'auth_scope'>): Tokens {
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

/** Many services tell the name only at the userinfo endpoint. A sign-in does not fail for want of a name. */
async function claimsOf(reply: Reply, config: openid.Configuration): Promise<JsonObject> {
  const claims: JsonObject = reply.claims() ?? {}
  const subject = stringOf(claims['sub'])
  const isNamed = stringOf(claims['email']) !== null && stringOf(claims['team']) !== null
  if (subject === null || isNamed || config.serverMetadata().userinfo_endpoint === undefined) return claims
  try {
    return { ...claims, ...(await openid.fetchUserInfo(config, reply.access_token, subject)) }
  } catch {
    return claims
  }
}

function principalOf(claims: JsonObject): string | null {
  const names = ['email', 'preferred_username', 'name', 'sub'].map((name) => stringOf(claims[name]))
  return names.find((name) => name !== null) ?? null
}

/** The page is opened in the user's browser, so it must be a web page. */
function checkedPage(url: string, issuer: string): string {
  if (URL.canParse(url) && isSafeUrl(new URL(url))) return new URL(url).href
  throw unsupported(`the page to confirm at, which ${issuer} names, is neither HTTPS nor on this machine`)
}

function unsupported(message: string): CommandError {
  return new CommandError('E_AUTH_UNSUPPORTED', message, {
    hint: 'spec-kitty auth login --with-token takes a token from elsewhere',
  })
}

function secretsOf({ access_token, refresh_token }: StoredSession): readonly string[] {
  return [access_token, refresh_token].filter((token) => token !== null)
}
