// @ts-check
/**
 * A process with the OpenID provider `oidc-provider` on a port of its own, which is also the sync server that asks for its
 * tokens. Tells its parent of every request, and of what became of every grant.
 */
import { createServer } from 'node:http'
// @ts-expect-error: it has no types of its own.
import { Provider } from 'oidc-provider'

/**
 * A status, `drop` (no answer), `hang`, `echo` (an error that repeats what was sent), or the name of an error.
 *
 * @typedef {string | number} Failure
 */

/** What the parent can change at any time, with a message. */
const DEFAULTS = {
  accessSeconds: 3600,
  deviceSeconds: 600,
  intervalSeconds: 1,
  hasDevice: true,
  canRevoke: true,
  /** The page that the user is sent to; null for the real one. @type {string | null} */
  page: null,
  /** What the server says of itself (RFC 9728); null if nothing. @type {object | null} */
  resource: null,
  /** How requests fail, by path; of a list, each request takes one. @type {Record<string, Failure | Failure[]>} */
  fail: {},
}

let settings = DEFAULTS

/** @param {string} path */
function failureOf(path) {
  const found = settings.fail[path]
  return Array.isArray(found) ? found.shift() : found
}

/** @param {object} message */
const tell = (message) => void process.send?.(message)

const server = createServer()
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)))
const address = server.address()
const port = typeof address === 'object' ? address?.port : 0
const issuer = `http://127.0.0.1:${port}`

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'spec-kitty-cli',
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
    },
  ],
  claims: { openid: ['sub', 'team'], email: ['email', 'email_verified'] },
  /** @param {unknown} _ @param {string} accountId */
  findAccount: (_, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, email: `${accountId}@example.org`, team: 'cats' }),
  }),
  features: {
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope: 'api', audience: 'api' }),
      useGrantedResource: () => true,
    },
  },
  ttl: {
    AccessToken: () => settings.accessSeconds,
    DeviceCode: () => settings.deviceSeconds,
    RefreshToken: 86_400,
    Grant: 86_400,
  },
  rotateRefreshToken: true,
  cookies: { keys: ['only for tests'] },
})

for (const event of ['grant.success', 'grant.error', 'grant.revoked', 'refresh_token.consumed']) {
  provider.on(event, (/** @type {any} */ context) =>
    tell({ event, grant: context?.oidc?.params?.grant_type ?? null }),
  )
}
for (const event of ['access_token.destroyed', 'refresh_token.destroyed']) {
  provider.on(event, () => tell({ event, grant: null }))
}
provider.use(async (/** @type {any} */ context, /** @type {() => Promise<void>} */ next) => {
  await next()
  if (context.oidc?.route === 'device_authorization' && context.status === 200) {
    const { intervalSeconds: interval, page } = settings
    context.body = { ...context.body, interval, ...(page === null ? {} : { verification_uri: page }) }
  }
  if (context.oidc?.route === 'discovery') {
    if (!settings.hasDevice) delete context.body.device_authorization_endpoint
    if (!settings.canRevoke) delete context.body.revocation_endpoint
  }
})

const answer = provider.callback()
server.on('request', (request, response) => {
  const { method, url = '', headers } = request
  const [path = ''] = url.split('?')
  tell({ event: 'request', method, url, authorization: headers.authorization ?? null })
  const failure = failureOf(path)
  if (failure !== undefined) void fail(failure, request, response)
  else if (settings.resource !== null && path === '/.well-known/oauth-protected-resource') {
    send(response, 200, settings.resource)
  } else void answer(request, response)
})

/**
 * @param {Failure} failure
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function fail(failure, request, response) {
  if (failure === 'hang') return
  if (failure === 'drop') request.socket.destroy()
  else if (typeof failure === 'number') response.writeHead(failure).end('busy')
  else if (failure === 'echo') {
    const sent = Buffer.concat(await request.toArray()).toString()
    send(response, 400, { error: 'invalid_request', error_description: `bad: ${sent}` })
  } else send(response, 400, { error: failure })
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {object} body
 */
function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

process.on('message', (/** @type Partial<typeof DEFAULTS> */ message) => {
  settings = { ...DEFAULTS, ...message }
  tell({ event: 'ready' })
})
// The end of the test process is the end of this one.
process.on('disconnect', () => process.exit(0))
tell({ event: 'listening', issuer })
