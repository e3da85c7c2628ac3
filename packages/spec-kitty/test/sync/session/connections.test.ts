import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { boundedFetch } from '../../../src/sync/session/bounded-fetch.js'
import { beginLogin } from '../../../src/sync/session/device-login.js'
import { renewTokens, revokeTokens } from '../../../src/sync/session/sign-in-service.js'
import type { StoredSession } from '../../../src/sync/session/read-session-file.js'
import { lookupFor } from '../../../src/sync/upload/open-agent.js'
import { removeHomes } from '../../../../familiar/test/helpers/homes.js'
import { makeCertificate, type Certificate } from '../../helpers/certificates.js'
import { startProxy } from '../../helpers/proxy.js'
import { reply, startSyncServer, type SyncServer } from '../../helpers/sync-server.js'

/** The requests of a session connect as an upload does. */
let named: Certificate
let here: Certificate
const ends: (() => Promise<void>)[] = []

beforeAll(() => {
  named = makeCertificate('DNS:sign-in.test')
  here = makeCertificate('IP:127.0.0.1')
})

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})
afterAll(removeHomes)

/** A service that answers to everything, under a name that only the proxy knows. */
async function startService(url: string, tls: Certificate | null): Promise<SyncServer> {
  const service = await startSyncServer(tls)
  ends.push(service.close)
  const base = url === '' ? service.url : url
  service.otherwise = (request, response) => {
    const body = request.path.startsWith('/.well-known/openid')
      ? { issuer: base, token_endpoint: `${base}/token`, device_authorization_endpoint: `${base}/device` }
      : request.path === '/device'
        ? { device_code: 'd', user_code: 'AB-CD', verification_uri: `${base}/v`, expires_in: 60 }
        : { access_token: 'new', token_type: 'bearer', expires_in: 60 }
    reply(request.path.includes('protected-resource') ? 404 : 200, body)(request, response)
  }
  return service
}

const session = (base: string): StoredSession => ({
  kind: 'device',
  server_url: base,
  principal: null,
  team: null,
  auth_scope: null,
  signed_in_at: '2026-11-01T00:00:00Z',
  expires_at: null,
  ended_at: null,
  issuer: base,
  client_id: 'spec-kitty-cli',
  token_endpoint: `${base}/token`,
  revocation_endpoint: `${base}/revoke`,
  resource: null,
  access_token: 'old-access-token',
  refresh_token: 'old-refresh-token',
})

const EACH: readonly (readonly [what: string, act: (base: string, env: object) => Promise<unknown>])[] = [
  ['a sign-in', (base, env) => beginLogin({ serverUrl: base, issuer: null, clientId: 'c' }, { ...env })],
  ['a renewal', (base, env) => renewTokens(session(base), { ...env })],
  ['a revocation', (base, env) => revokeTokens(session(base), { ...env })],
]

describe.each(EACH)('%s', (_, act) => {
  it('goes through the proxy, with the certificates that are trusted', async () => {
    const service = await startService('https://sign-in.test', named)
    const proxy = await startProxy(service.port)
    ends.push(proxy.close)
    await act('https://sign-in.test', { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: named.file })
    expect(proxy.tunnels.length).toBeGreaterThan(0)
    expect(new Set(proxy.tunnels.map(({ authority }) => authority))).toEqual(new Set(['sign-in.test:443']))
    const before = proxy.tunnels.length
    await expect(act('https://sign-in.test', { HTTPS_PROXY: proxy.url })).rejects.toThrow('not trusted')
    expect(proxy.tunnels.length).toBe(before + 1)
  })

  it('names a proxy or a certificate that cannot be used', async () => {
    await expect(act('https://sign-in.test', { https_proxy: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'E_AUTH_UNREACHABLE',
      message: expect.stringContaining('https_proxy, 127.0.0.1:1: nothing accepts connections there'),
      hint: 'correct that variable, or unset it',
    })
    await expect(act('https://sign-in.test', { SSL_CERT_FILE: '/none.pem' })).rejects.toMatchObject({
      message: expect.stringContaining('SSL_CERT_FILE cannot be read: /none.pem'),
    })
  })

  it('reaches localhost on this machine, and never through a proxy', async () => {
    const service = await startService('', null)
    const base = `http://localhost:${service.port}`
    const local = await startService(base, null)
    await act(`http://localhost:${local.port}`, { HTTPS_PROXY: 'http://127.0.0.1:1' }).catch(() => undefined)
    expect(local.requests.length).toBeGreaterThan(0)
  })
})

it.each([
  [{ refresh_token: null }, { refresh_token: 'old-refresh-token' }],
  [{ refresh_token: 'Q\u00e9' }, { refresh_token: 'old-refresh-token' }],
  [{ refresh_token: 'R2' }, { refresh_token: 'R2' }],
  [{ token_type: undefined }, {}],
  [{ token_type: null }, {}],
  [{ scope: 5 }, { auth_scope: null }],
  [{ expires_in: -5 }, { expires_at: null }],
  [{ expires_in: 'soon' }, { expires_at: null }],
  [{ expires_in: '60' }, { expires_at: expect.any(String) }],
] as const)('a renewal keeps what can be used of %j', async (odd, kept) => {
  const service = await startService('', null)
  const answer = { access_token: 'new', token_type: 'bearer', expires_in: 60, ...odd }
  service.otherwise = (request, response) => reply(200, answer)(request, response)
  expect(await renewTokens(session(service.url), {})).toMatchObject({ access_token: 'new', ...kept })
})

it.each([{ access_token: '' }, { access_token: 5 }, { access_token: 'a', token_type: 'mac' }])(
  'a renewal refuses %j',
  async (answer) => {
    const service = await startService('', null)
    service.otherwise = (request, response) => reply(200, answer)(request, response)
    await expect(renewTokens(session(service.url), {})).rejects.toMatchObject({ code: 'E_AUTH_UNSUPPORTED' })
  },
)

it('localhost is this machine, whatever name resolution says', () => {
  const answers: unknown[] = []
  const { lookup } = lookupFor(new URL('http://localhost:1'))
  lookup?.('localhost', { all: true }, (...answer) => answers.push(answer[1]))
  lookup?.('localhost', {}, (...answer) => answers.push(answer[1]))
  expect(answers).toEqual([
    [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ],
    '127.0.0.1',
  ])
  expect(lookupFor(new URL('https://sync.test'))).toEqual({})
})

it('a certificate is checked whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
  const service = await startService('', here)
  const module = new URL('../../../dist/sync/session/bounded-fetch.js', import.meta.url)
  const script = `import { boundedFetch } from ${JSON.stringify(fileURLToPath(module))}
    await boundedFetch({})(${JSON.stringify(`${service.url}/token`)}, {}).then(
      ({ status }) => console.log(status), (error) => console.log(error.cause.code))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
  })
  expect(stdout.trim()).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  const trusted = await boundedFetch({ SSL_CERT_FILE: here.file })(`${service.url}/token`, {})
  expect(trusted.status).toBe(200)
})

it('an abort ends a request that has no connection yet', async () => {
  const silent = createServer((socket) => void socket.resume()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  ends.push(() => new Promise((resolve) => void silent.close(() => resolve())))
  const signal = AbortSignal.timeout(100)
  const fetch = boundedFetch({ HTTPS_PROXY: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` })
  await expect(fetch('https://sign-in.test', { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
})
