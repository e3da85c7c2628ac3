import { expect, it } from 'vitest'
import { explain } from '../../../src/sync/session/auth-errors.js'

const SERVICE = 'https://auth.example.org/'

/** What `fetch` throws says nothing itself; why it failed is in its causes. */
it.each([
  [new Error('bad port'), 'bad port'],
  [Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  [new AggregateError([Object.assign(new Error(), { code: 'EHOSTUNREACH' })]), 'EHOSTUNREACH'],
  [undefined, 'fetch failed'],
])('names why a connection failed: %s', (cause, why) => {
  const { code, message } = explain(new TypeError('fetch failed', { cause }), SERVICE, [])
  expect([code, message]).toEqual(['E_AUTH_UNREACHABLE', `cannot reach https://auth.example.org: ${why}`])
})
