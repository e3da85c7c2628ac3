import type { Io } from 'familiar/cli'
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
  const failing = { kind: 'environment', text: 'h: HTTPS_PROXY, p: refused' } as const
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

  it('a proxy that fails is cured by a shell that has none, if the daemon has no other reason to keep it', () => {
    const lost = both.map((one) => ({ ...one, daemon: one.command, command: null }))
    expect(otherAtStart(lost, failing, all)).toEqual([PROXY])
  })

  it('a proxy has the name that its environment has it by, of which the lower-case one counts', () => {
    const named = (daemon: Io['env'], here: Io['env']) =>
      differences(startEnvironment(daemon), startEnvironment(here))
    const [a, b] = ['http://a:1', 'http://b:1']
    expect(named({ https_proxy: a }, {})).toEqual([{ variable: 'https_proxy', daemon: a, command: null }])
    expect(named({}, { no_proxy: 'a' })).toEqual([{ variable: 'no_proxy', daemon: null, command: 'a' }])
    expect(named({ [PROXY]: b, https_proxy: a }, { [PROXY]: b })).toEqual([
      { variable: 'https_proxy', daemon: a, command: b },
    ])
    expect(named({ [PROXY]: a, no_proxy: 'a' }, { https_proxy: a, NO_PROXY: 'a' })).toEqual([])
    const differing = named({ https_proxy: a }, { https_proxy: b })
    const failed = { kind: 'environment', text: 'h: https_proxy, a: refused' } as const
    expect(otherAtStart(differing, failed, all)).toEqual(['https_proxy'])
  })

  it('a restart keeps what the daemon has, by a line that sets it; a proxy may have a password', () => {
    const lost = (...names: readonly string[]) =>
      names.map((variable) => ({ variable, daemon: '/my ca.pem', command: null }))
    const error = { kind: 'environment', text: untrusted } as const
    expect(restoring(both, error, all)).toBe('')
    expect(restoring(lost(CA, URL), error, all)).toBe(`export ${CA}='/my ca.pem' && `)
    expect(restoring(lost(CA, PROXY), error, all)).toBe(null)
    expect(restoring(lost(CA, PROXY), error, { isTls: false, isProxied: false })).toBe('')
    expect(restoring(lost(PROXY, 'no_proxy'), failing, all)).toBe(`export no_proxy='/my ca.pem' && `)
  })
})
