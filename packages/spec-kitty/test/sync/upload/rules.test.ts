import { describe, expect, it } from 'vitest'
import { backOff, NO_BACK_OFF, type BackOff } from '../../../src/sync/upload/back-off.js'
import { TIMING } from '../../../src/sync/upload/upload-timing.js'
import { retryAfterMs } from '../../../src/sync/upload/answer.js'
import { proxyFor } from '../../../src/sync/upload/proxy.js'
import { checkServerUrl } from '../../../src/sync/check-server-url.js'
import { shownUrl } from '../../../src/sync/url-text.js'

describe('the server', () => {
  it.for([
    ['https://sync.test', 'https://sync.test'],
    ['https://sync.test/', 'https://sync.test'],
    ['HTTPS://Sync.Test:443//', 'https://sync.test'],
    ['https://sync.test:8443/team/', 'https://sync.test:8443/team'],
    ['https://sync.test/a?version=1', 'https://sync.test/a?version=1'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['http://127.9.8.7', 'http://127.9.8.7'],
    ['http://127.1', 'http://127.0.0.1'],
    ['http://0x7f000001/', 'http://127.0.0.1'],
    ['http://[::1]:8000', 'http://[::1]:8000'],
    ['http://localhost:8000', 'http://localhost:8000'],
  ] as const)('may be %s', ([text, url]) => {
    expect(checkServerUrl(text)).toEqual({ state: 'usable', url })
  })

  it.for([
    'http://sync.test',
    'http://10.0.0.1',
    'http://0.0.0.0',
    'http://128.0.0.1',
    'http://127.0.0.1.sync.test',
    'http://localhost.sync.test',
    'http://localhost.',
    'http://sub.localhost',
    'http://[::ffff:127.0.0.1]',
    'http://[::]',
    'http://sync.test/?127.0.0.1',
    'ftp://127.0.0.1',
    'ws://127.0.0.1',
    'file:///etc/passwd',
  ])('must not be %s', (text) => {
    expect(checkServerUrl(text).state).toBe('insecure')
  })

  it.for([
    '',
    'sync.test',
    '//sync.test',
    'https://',
    'https://u@sync.test',
    'https://:p@sync.test',
    'https://sync.test/#x',
    'http://127.0.0.1@sync.test',
  ])('cannot be %j', (text) => {
    expect(checkServerUrl(text).state).toBe('unusable')
  })

  it('is shown without secrets', () => {
    expect(shownUrl('https://user:password@sync.test:8443/team/?key=secret#x')).toBe(
      'https://sync.test:8443/team',
    )
    expect(shownUrl('https://https://user:password@sync.test/team')).toBe('https://https//sync.test/team')
    expect(shownUrl('https://sync.test/@team/kit')).toBe('https://sync.test/@team/kit')
    expect(JSON.stringify(checkServerUrl('http://user:password@sync.test/?key=secret'))).not.toMatch(
      /password@|secret/,
    )
  })
})

describe('the proxy', () => {
  const PROXY = 'http://proxy.test:3128'

  it.for([
    ['none', 'https://sync.test', {}, null],
    ['in lower case', 'https://sync.test', { https_proxy: PROXY }, 'http://proxy.test:3128/'],
    ['in upper case', 'https://sync.test', { HTTPS_PROXY: PROXY }, 'http://proxy.test:3128/'],
    [
      'in both',
      'https://sync.test',
      { https_proxy: PROXY, HTTPS_PROXY: 'http://other.test' },
      'http://proxy.test:3128/',
    ],
    ['without a scheme', 'https://sync.test', { https_proxy: 'proxy.test:3128' }, 'http://proxy.test:3128/'],
    ['for http', 'https://sync.test', { HTTP_PROXY: PROXY, http_proxy: PROXY }, null],
    ['and a server here', 'https://127.0.0.1:8443', { https_proxy: PROXY }, null],
    ['and a server at localhost', 'https://localhost:8443', { https_proxy: PROXY }, null],
    ['and a server here, by http', 'http://[::1]:80', { https_proxy: PROXY, http_proxy: PROXY }, null],
    ['except everything', 'https://sync.test', { https_proxy: PROXY, no_proxy: '*' }, null],
    ['except this one', 'https://sync.test', { https_proxy: PROXY, NO_PROXY: 'a.test, Sync.Test' }, null],
    ['except its domain', 'https://a.sync.test', { https_proxy: PROXY, NO_PROXY: '.sync.test' }, null],
    [
      'except its domain, without a dot',
      'https://a.sync.test',
      { https_proxy: PROXY, NO_PROXY: 'sync.test' },
      null,
    ],
    [
      'except its domain, with a star',
      'https://a.sync.test',
      { https_proxy: PROXY, NO_PROXY: '*.sync.test' },
      null,
    ],
    ['except its port', 'https://sync.test', { https_proxy: PROXY, NO_PROXY: 'sync.test:443' }, null],
    [
      'except another port',
      'https://sync.test',
      { https_proxy: PROXY, NO_PROXY: 'sync.test:80' },
      'http://proxy.test:3128/',
    ],
    [
      'except another domain',
      'https://mysync.test',
      { https_proxy: PROXY, NO_PROXY: 'sync.test,,' },
      'http://proxy.test:3128/',
    ],
  ] as const)('%s', ([, url, env, proxy]) => {
    expect(proxyFor(new URL(url), env)?.href ?? null).toBe(proxy)
  })

  it.for(['socks5://user:password@proxy.test', 'http://', 'a b'])(
    'that cannot be used is an error that does not show it: %s',
    (text) => {
      expect(() => proxyFor(new URL('https://sync.test'), { HTTPS_PROXY: text })).toThrow(
        /^HTTPS_PROXY is not the URL of an HTTP proxy$/,
      )
      // The lower-case name counts, so it is the one to correct.
      const both = { https_proxy: text, HTTPS_PROXY: PROXY }
      expect(() => proxyFor(new URL('https://sync.test'), both)).toThrow(/^https_proxy is not /)
    },
  )
})

describe('the wait', () => {
  const after = (failures: number, random: number, asked: number | null = null): number => {
    const failure = { now: 1000, retryAfterMs: asked, random, timing: TIMING, isHurried: false }
    let state: BackOff = NO_BACK_OFF
    for (let count = 0; count < failures; count += 1) state = backOff(state, failure)
    expect(state.failures).toBe(failures)
    return state.until - 1000
  }

  it.for([
    [1, 500],
    [2, 1000],
    [3, 2000],
    [10, 256_000],
    [11, 300_000],
    [5000, 300_000],
  ] as const)('after %d failures is from half to all of %d ms', ([failures, ms]) => {
    expect([after(failures, 0), after(failures, 1)]).toEqual([ms / 2, ms])
  })

  it.for([
    [0, 500],
    [100, 500],
    [90_000, 90_000],
    [365 * 24 * 3_600_000, 3_600_000],
  ] as const)('is at least what the server asks for, %d ms, but not more than an hour', ([asked, ms]) => {
    expect(after(1, 1, asked)).toBe(ms)
  })

  it.for([
    ['stays', 20_000, null, { failures: 7, step: 6, until: 20_000 }],
    ['stays, if the server asks for less', 20_000, 2000, { failures: 7, step: 6, until: 20_000 }],
    [
      'is what the server asks for, if that is longer',
      20_000,
      90_000,
      { failures: 7, step: 6, until: 91_000 },
    ],
    ['grows, if it has ended meanwhile', 1000, null, { failures: 7, step: 7, until: 33_000 }],
  ] as const)('after an attempt that a user asked for %s', ([, until, asked, expected]) => {
    const failure = { now: 1000, retryAfterMs: asked, random: 1, timing: TIMING, isHurried: true }
    expect(backOff({ failures: 6, step: 6, until }, failure)).toEqual(expected)
  })

  const NOW = Date.parse('2026-11-26T14:00:00Z')
  it.for([
    [null, null],
    ['0', null],
    ['120', 120_000],
    [' 5 ', 5000],
    ['Thu, 26 Nov 2026 14:01:30 GMT', 90_000],
    ['Thu, 26 Nov 2026 13:00:00 GMT', null],
    ['', null],
    ['soon', null],
    ['99999999999999999999', null],
  ] as const)('that Retry-After names: %j', ([header, ms]) => {
    expect(retryAfterMs(header, NOW)).toBe(ms)
  })
})
