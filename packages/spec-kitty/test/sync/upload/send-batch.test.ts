import { expect, it } from 'vitest'
import { BATCH } from '../../../src/sync/upload/batch.js'
import { EnvironmentError } from '../../../src/sync/upload/connection-errors.js'
import { sendBatch } from '../../../src/sync/upload/send-batch.js'
import { RequestError, whyFailed } from '../../../src/sync/upload/sender.js'
import { part } from '../../helpers/queued.js'

const systemError = (code: string): Error => Object.assign(new Error('raw'), { code })
const ofProxy = (code: string): Error =>
  new EnvironmentError('HTTPS_PROXY, proxy.example.org', { cause: systemError(code) })

/** The kind of the error after a request that failed for this reason. */
async function kindAfter(cause: Error): Promise<string | undefined> {
  const sender = {
    post: () => Promise.reject(new RequestError('failed', null, 0, cause)),
    close: () => undefined,
  }
  const sending = {
    sender,
    format: BATCH,
    token: () => Promise.resolve('token'),
    signal: new AbortController().signal,
    mayLeave: () => Promise.resolve(true),
  }
  return (await sendBatch([part(1)], sending))?.verdict.kind
}

it.each([
  ['of the server that has expired', systemError('CERT_HAS_EXPIRED'), 'certificate'],
  ['of the server that is not valid yet', systemError('CERT_NOT_YET_VALID'), 'certificate'],
  ['of the server that is not trusted', systemError('DEPTH_ZERO_SELF_SIGNED_CERT'), 'environment'],
  ['of the proxy that has expired', ofProxy('CERT_HAS_EXPIRED'), 'environment'],
  ['of the proxy that is not valid yet', ofProxy('CERT_NOT_YET_VALID'), 'environment'],
  ['of the proxy that is not trusted', ofProxy('SELF_SIGNED_CERT_IN_CHAIN'), 'environment'],
])('a certificate %s is no other problem', async (_, cause, kind) => {
  expect(await kindAfter(cause)).toBe(kind)
})

it('a certificate that has expired may be one that a variable names, unless it is that of the proxy', () => {
  const own = /; or it is a certificate in NODE_EXTRA_CA_CERTS$/
  const env = { NODE_EXTRA_CA_CERTS: '/certs.pem', SSL_CERT_FILE: '' }
  expect(whyFailed(systemError('CERT_HAS_EXPIRED'), env)).toMatch(own)
  expect(whyFailed(systemError('CERT_NOT_YET_VALID'), { ...env, SSL_CERT_FILE: '/c.pem' })).toMatch(
    /; or it is a certificate in NODE_EXTRA_CA_CERTS or SSL_CERT_FILE$/,
  )
  expect(whyFailed(systemError('CERT_HAS_EXPIRED'), {})).toMatch(
    /^its certificate has expired: those who run it must renew it, or the clock here is wrong \(it is \d{4}-\d\d-\d\d\) \(CERT_HAS_EXPIRED\)$/,
  )
  expect(whyFailed(ofProxy('CERT_HAS_EXPIRED'), env)).not.toMatch(own)
  expect(whyFailed(systemError('ECONNREFUSED'), env)).not.toMatch(own)
})
