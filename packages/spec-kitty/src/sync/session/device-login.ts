import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError, objectOf, parseJson, stringOf } from 'familiar/cli'
import type { JsonObject } from 'familiar'
import * as openid from 'openid-client'
import { explain, isLoss, otherServer, refusalIn, textOf, unsupported } from './auth-errors.js'
import { boundedFetch } from './bounded-fetch.js'
import { isSafeUrl } from '../check-server-url.js'
import { withoutSlash } from '../url-text.js'
import { tokensFrom, TIMEOUT_SECONDS, type Reply } from './sign-in-service.js'
import { checkedUrl } from './refuse-server-url.js'
import type { ServerSettings } from './which-server.js'
import type { StoredSession } from './read-session-file.js'

/** Signs in with a code. This module loads `openid-client`, so it is imported only when a user signs in. */

const SLOW_DOWN_SECONDS = 5
const MAX_INTERVAL_SECONDS = 60
const DEFAULT_INTERVAL_SECONDS = 5
/** The minimum time between two polls, even if the service asks for a shorter one. */
const MIN_INTERVAL_SECONDS = 1

/** The maximum time to wait for the user, even if the code is valid for longer. */
const MAX_LOGIN_SECONDS = 60 * 60

/** The scopes that are requested. If the service lists the scopes that it supports, all others are left out. */
const SCOPES = ['openid', 'profile', 'email', 'offline_access']

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

const MAX_CODE_CHARS = 64

/** A sign-in that waits for the user's confirmation. */
export interface PendingLogin {
  readonly userCode: string
  readonly url: string
  /** The same URL including the code, if the service offers one. */
  readonly urlWithCode: string | null
  readonly expiresInSeconds: number
  /** Resolves when the user has confirmed. Throws `E_LOGIN_DENIED`, `E_LOGIN_EXPIRED`, `E_AUTH_REFUSED`. */
  readonly confirmed: () => Promise<StoredSession>
}

interface Service {
  readonly config: openid.Configuration
  readonly issuer: string
  /** The parameter that is sent with every request for a token (RFC 8707). */
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
    throw unsupported(`${issuer} has no device sign-in`, settings.serverUrl)
  }
  const scope = SCOPES.filter((one) => known.scopes_supported?.includes(one) ?? true).join(' ')
  // OpenID Connect Core 1.0, section 11: a refresh token is issued only with the user's consent.
  const asked = { scope, prompt: 'consent', ...resource }
  const device = await openid.initiateDeviceAuthorization(config, asked).catch((error: unknown) => {
    throw explain(error, issuer, [])
  })
  const { user_code: userCode, verification_uri: url, verification_uri_complete: complete } = device
  if (userCode.length > MAX_CODE_CHARS)
    throw unsupported(`${issuer} gave a code that is too long to type`, settings.serverUrl)
  return {
    userCode,
    url: checkedPage(url, service),
    urlWithCode: complete === undefined ? null : checkedPage(complete, service),
    expiresInSeconds: secondsToConfirm(device),
    confirmed: async () => sessionFrom(await awaitReply(service, device), service),
  }
}

/**
 * Finds the sign-in service: the issuer that the user configured, otherwise the one that the server names (RFC 9728),
 * otherwise the server itself.
 */
async function findService(settings: ServerSettings): Promise<Service> {
  const { serverUrl } = settings
  const named = settings.issuer === null ? await namedIssuer(serverUrl) : null
  const issuer = settings.issuer ?? named ?? serverUrl
  const config = await discover(issuer, settings)
  // Without this check, a server could name the issuer of another server, and receive a token that is valid there.
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
  if (resource === null) throw unsupported(`${serverUrl} does not say which server it is`, serverUrl)
  if (withoutSlash(resource) !== serverUrl) throw otherServer(serverUrl, resource)
  const issuer = stringOf(Array.isArray(servers) ? servers[0] : null)
  if (issuer === null) throw unsupported(`${serverUrl} names no sign-in service`, serverUrl)
  return checkedUrl(issuer, `the sign-in service of ${serverUrl}`)
}

/** Reads the service's metadata from either of the two standard places: OpenID Connect Discovery, and RFC 8414. */
async function discover(
  issuer: string,
  { clientId, serverUrl }: ServerSettings,
): Promise<openid.Configuration> {
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
    if (isLoss(error)) throw explain(error, issuer, [])
    return find('oauth2').catch((second: unknown) => {
      if (isLoss(second)) throw explain(second, issuer, [])
      throw unsupported(`${issuer} does not say how to sign in: ${textOf(error)}`, serverUrl)
    })
  }
}

/**
 * Polls until the user has confirmed, the service refuses, or the code has expired. Continues after a lost connection,
 * because the user may have confirmed meanwhile.
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
      else if (isLoss(error)) interval = Math.min(interval * 2, MAX_INTERVAL_SECONDS)
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
    hint: 'for a new code: spec-kitty auth login',
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

/**
 * Returns the claims about the user. Many services return the user's name only at the userinfo endpoint. A missing name
 * does not make the sign-in fail.
 */
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
function checkedPage(url: string, { issuer, settings }: Service): string {
  if (URL.canParse(url) && isSafeUrl(new URL(url))) return new URL(url).href
  const words = `the page to confirm at, which ${issuer} names, is neither HTTPS nor on this machine`
  throw unsupported(words, settings.serverUrl)
}
