import { expect, it } from 'vitest'
import { explain } from '../../../src/sync/session/auth-errors.js'
import { reasonOf } from '../../../src/sync/upload/connection-errors.js'

const SERVICE = 'https://auth.example.org/'

/** What `fetch` throws says nothing itself; why it failed is in its causes. */
it.each([
  [new Error('bad port'), 'bad port'],
  [
    Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }),
    'nothing accepts connections there (ECONNREFUSED)',
  ],
  [Object.assign(new Error('raw'), { code: 'EODD' }), 'EODD'],
  [
    new AggregateError([Object.assign(new Error(), { code: 'EHOSTUNREACH' })]),
    'the network is not reachable (EHOSTUNREACH)',
  ],
  [undefined, 'fetch failed'],
])('names why a connection failed: %s', (cause, why) => {
  const { code, message } = explain(new TypeError('fetch failed', { cause }), SERVICE, [])
  expect([code, message]).toEqual(['E_AUTH_UNREACHABLE', `cannot reach https://auth.example.org: ${why}`])
})

/** The status shows what sending says, so a failed sign-in is told in the same words. */
it.each([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
])('says of %s what a failed attempt to send says', (code) => {
  const cause = Object.assign(new Error('raw'), { code })
  const { message, hint } = explain(new TypeError('fetch failed', { cause }), SERVICE, [])
  expect(message).toBe(`cannot reach https://auth.example.org: ${reasonOf(cause)}`)
  // No other address helps against a certificate that is out of its time.
  const isDated = /HAS_EXPIRED|NOT_YET/.test(code)
  expect(hint?.includes('if the server is up, its address may be wrong')).toBe(!isDated)
  expect(/ the clock here is wrong \(it is \d{4}-\d\d-\d\d\) /.test(message)).toBe(isDated)
})
