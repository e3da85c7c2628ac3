import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError, shellQuote, stringOf, type Io } from 'familiar/cli'
import type { JsonObject } from 'familiar'
import * as openid from 'openid-client'
import { explain, isLoss, refusalIn, unsupported } from './auth-errors.js'
import { findService, type Service } from './find-sign-in-service.js'
import { isSafeUrl } from '../check-server-url.js'
import { tokensFrom, type Reply } from './sign-in-service.js'
import type { ServerSettings } from './which-server.js'
import type { StoredSession } from './read-session-file.js'
import { inHome } from '../../cli/in-home.js'

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

/**
 * Finds the sign-in service of a server, and asks it for a code that the user confirms in a browser (RFC 8628). Throws
 * `E_AUTH_UNREACHABLE`, `E_AUTH_REFUSED`, or `E_AUTH_UNSUPPORTED` if the service has no device sign-in. `env`: names the proxy and the certificates.
 */
export async function beginLogin(settings: ServerSettings, env: Io['env']): Promise<PendingLogin> {
  const service = await findService(settings, env)
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
 * Polls until the user has confirmed, the service refuses, or the code has expired. Continues after a lost connection,
 * because the user may have confirmed meanwhile.
 */
async function awaitReply(
  { config, issuer, resource, settings }: Service,
  device: openid.DeviceAuthorizationResponse,
): Promise<Reply> {
  const end = performance.now() + secondsToConfirm(device) * 1000
  let interval = Math.max(device.interval ?? DEFAULT_INTERVAL_SECONDS, MIN_INTERVAL_SECONDS)
  for (;;) {
    const waitMs = Math.min(interval * 1000, end - performance.now())
    if (waitMs <= 0) throw expired(settings.serverUrl)
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
      else throw loginError(refusal, settings.serverUrl) ?? explain(error, issuer, [device.device_code])
    }
  }
}

function secondsToConfirm({ expires_in }: openid.DeviceAuthorizationResponse): number {
  return Math.min(expires_in, MAX_LOGIN_SECONDS)
}

function loginError(refusal: string | null, server: string): CommandError | null {
  if (refusal === 'expired_token') return expired(server)
  if (refusal !== 'access_denied') return null
  return new CommandError('E_LOGIN_DENIED', 'the sign-in was denied in the browser')
}

function expired(server: string): CommandError {
  return new CommandError('E_LOGIN_EXPIRED', 'the code expired before the sign-in was confirmed', {
    hint: inHome`for a new code: spec-kitty auth login --server ${shellQuote(server)}`,
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
