import { objectOf, parseJson, stringOf, type Io } from 'familiar/cli'
import type { JsonObject } from 'familiar'
import * as openid from 'openid-client'
import { explain, isLoss, otherServer, textOf, unsupported } from './auth-errors.js'
import { boundedFetch, type Fetch } from './bounded-fetch.js'
import { checkedUrl } from './refuse-server-url.js'
import { TIMEOUT_SECONDS } from './sign-in-service.js'
import { withoutSlash } from '../url-text.js'
import type { ServerSettings } from './which-server.js'

export interface Service {
  readonly config: openid.Configuration
  readonly issuer: string
  /** The parameter that is sent with every request for a token (RFC 8707). */
  readonly resource: { readonly resource?: string }
  readonly settings: ServerSettings
}

/**
 * Finds the sign-in service: the issuer that the user configured, otherwise the one that the server names (RFC 9728),
 * otherwise the server itself. `env`: names the proxy and the certificates.
 */
export async function findService(settings: ServerSettings, env: Io['env']): Promise<Service> {
  const fetch = boundedFetch(env)
  const { serverUrl } = settings
  const named = settings.issuer === null ? await namedIssuer(serverUrl, fetch) : null
  const issuer = settings.issuer ?? named ?? serverUrl
  const config = await discover(issuer, settings, fetch)
  // Without this check, a server could name the issuer of another server, and receive a token that is valid there.
  const isOther = named !== null && new URL(named).origin !== new URL(serverUrl).origin
  return { config, issuer, resource: isOther ? { resource: serverUrl } : {}, settings }
}

async function namedIssuer(serverUrl: string, fetch: Fetch): Promise<string | null> {
  const { origin, pathname } = new URL(serverUrl)
  const place = `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`
  const signal = AbortSignal.timeout(TIMEOUT_SECONDS * 1000)
  try {
    const response = await fetch(place, {
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
  fetch: Fetch,
): Promise<openid.Configuration> {
  const find = (algorithm: 'oidc' | 'oauth2'): Promise<openid.Configuration> =>
    openid.discovery(new URL(issuer), clientId, undefined, openid.None(), {
      algorithm,
      [openid.customFetch]: fetch,
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
