import { describe, expect, it } from 'vitest'
import {
  differences,
  isSendingAnyway,
  otherAtStart,
  restoring,
  startedHosted,
  startEnvironment,
} from '../../src/sync/start-environment.js'

const SWITCH = 'SPEC_KITTY_ENABLE_SAAS_SYNC'

/** The daemon has hosted sync as `daemon` says, and the command as `here` says. */
function isSending(daemon: string, here: string | undefined): boolean {
  const env = here === undefined ? {} : { [SWITCH]: here }
  const differing = differences(startEnvironment({ [SWITCH]: daemon }), startEnvironment(env))
  return isSendingAnyway(differing, env)
}

it('a shell that turns hosted sync off in so many words is told that the daemon sends', () => {
  for (const off of ['0', 'false', 'No', 'n', 'off']) expect([off, isSending('1', off)]).toEqual([off, true])
  // Not set, or misspelt, is no word for off; and where it is off for the daemon too, all is as it says.
  for (const other of [undefined, '', 'ture', '1'])
    expect([other, isSending('1', other)]).toEqual([other, false])
  expect(isSending('0', '0')).toBe(false)
})

it('a daemon was started with hosted sync on only if its report says so', () => {
  const on = (value: string): boolean => startedHosted(startEnvironment({ [SWITCH]: value }))
  expect([on('1'), on('0'), startedHosted(null), startedHosted({})]).toEqual([true, false, false, false])
})

describe('a difference is named as a cause only of an error that it can cause:', () => {
  const all = { isTls: true, isProxied: true }
  const [CA, PROXY, URL] = ['NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'SPEC_KITTY_SAAS_URL'] as const
  const both = differences(
    startEnvironment({}),
    startEnvironment({ [CA]: '/ca.pem', [PROXY]: 'http://p:1', [URL]: 'https://a.example' }),
  )
  const untrusted = 'h: its certificate is not trusted'
  it.for([
    ['environment', untrusted, all, [URL, CA, PROXY]],
    ['environment', untrusted, { isTls: true, isProxied: false }, [URL, CA]],
    ['environment', 'h: HTTPS_PROXY, p: refused', all, [PROXY]],
    ['connection', 'h: nothing accepts connections there', all, [URL, PROXY]],
    ['connection', 'h: nothing accepts', { isTls: false, isProxied: false }, [URL]],
    ['address', 'the server answered 404', all, [URL]],
  ] as const)('%s: %s', ([kind, text, uses, causes]) => {
    expect(otherAtStart(both, { kind, text }, uses)).toEqual(causes)
  })

  it('what this shell has not set can be no cure, except that the server is then another one', () => {
    const lost = both.map((one) => ({ ...one, daemon: one.command, command: null }))
    expect(otherAtStart(lost, { kind: 'environment', text: untrusted }, all)).toEqual([URL])
  })

  it('a restart keeps what the daemon has, by a line that sets it; a proxy may have a password', () => {
    const lost = (...names: readonly string[]) =>
      names.map((variable) => ({ variable, daemon: '/my ca.pem', command: null }))
    expect(restoring(both, all)).toBe('')
    expect(restoring(lost(CA, URL), all)).toBe(`export ${CA}='/my ca.pem' && `)
    expect(restoring(lost(CA, PROXY), all)).toBe(null)
    expect(restoring(lost(CA, PROXY), { isTls: false, isProxied: false })).toBe('')
  })
})
