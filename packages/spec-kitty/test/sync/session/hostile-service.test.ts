import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { beginLogin, type PendingLogin } from '../../../src/sync/session/device-login.js'
import { reply, startSyncServer, type SyncServer } from '../../helpers/sync-server.js'

/** A sign-in service whose numbers are within the standard and beyond all reason. */
let service: SyncServer
let device: object
let token: object | null

beforeEach(async () => {
  service = await startSyncServer()
  token = null
  service.otherwise = (request, response) => {
    const { url } = service
    const endpoints = { token_endpoint: `${url}/token`, device_authorization_endpoint: `${url}/device` }
    const [status, body]: readonly [number, object] = request.path.startsWith('/.well-known/openid')
      ? [200, { issuer: url, ...endpoints }]
      : request.path === '/device'
        ? [200, { device_code: 'd', user_code: 'AB-CD', verification_uri: `${url}/v`, ...device }]
        : request.path === '/token'
          ? [token === null ? 400 : 200, token ?? { error: 'authorization_pending' }]
          : [404, {}]
    reply(status, body)(request, response)
  }
})

afterEach(() => service.close())

const begin = (): Promise<PendingLogin> =>
  beginLogin({ serverUrl: service.url, issuer: null, clientId: 'spec-kitty-cli' }, {})
const polls = (): number => service.requests.filter(({ path }) => path === '/token').length

it('is waited for no longer than an hour', async () => {
  for (const expires_in of [1e12, 1e300]) {
    device = { expires_in }
    expect((await begin()).expiresInSeconds).toBe(3600)
  }
})

it('is not asked all the time because a wait is longer than a timer can be', async () => {
  device = { expires_in: 1e10, interval: 1e9 }
  const { confirmed } = await begin()
  const ended = confirmed()
  ended.catch(() => undefined)
  await Promise.race([ended, sleep(500)])
  expect(polls()).toBe(0)
})

it('is asked at most once a second, whatever it says', async () => {
  device = { expires_in: 1.5, interval: 0.001 }
  const { confirmed } = await begin()
  await expect(confirmed()).rejects.toMatchObject({ code: 'E_LOGIN_EXPIRED' })
  expect(polls()).toBeLessThanOrEqual(2)
})

it('gives a token that is good for longer than a date can say', async () => {
  device = { expires_in: 60, interval: 0.001 }
  token = { access_token: 'a', token_type: 'bearer', expires_in: 1e300 }
  const { confirmed } = await begin()
  const { expires_at } = await confirmed()
  expect(Date.parse(expires_at ?? '')).toBeGreaterThan(Date.now())
})
