import { describe, expect, it } from 'vitest'
import { daemonEnvironment, isOn } from '../../src/define/daemon-environment.js'

const CALLER = {
  PATH: '/bin',
  HOME: '/home/dev',
  LC_ALL: 'C',
  SystemRoot: 'C:\\Windows',
  FAMILIAR_SANDBOX: '/tmp/s',
  ACME_TOKEN: 'secret',
  ACME_URL: 'http://x',
  AWS_SECRET_ACCESS_KEY: 'secret',
  NODE_OPTIONS: '--inspect',
  node_extra_ca_certs: '/x',
  NODE_V8_COVERAGE: '/cov',
  LISTEN_FDS: '1',
  LISTEN_PID: '7',
}

function namesFor(patterns: readonly string[]): readonly string[] {
  const env = daemonEnvironment(CALLER, patterns)
  return Object.keys(env)
    .filter((name) => env[name] !== undefined && name !== 'NODE_OPTIONS')
    .toSorted()
}

const BASIC = ['FAMILIAR_SANDBOX', 'HOME', 'LC_ALL', 'PATH', 'SystemRoot']

describe('the environment of a daemon', () => {
  it('is what every program needs, and nothing else', () => {
    expect(namesFor([])).toEqual(BASIC)
  })

  it.each<readonly [readonly string[], readonly string[]]>([
    [['ACME_URL'], ['ACME_URL']],
    [['acme_url'], ['ACME_URL']],
    [['ACME_*'], ['ACME_TOKEN', 'ACME_URL']],
    [['ACME_*', '!ACME_TOKEN'], ['ACME_URL']],
    [['!ACME_TOKEN', 'ACME_*'], ['ACME_URL']],
    [['*'], ['ACME_TOKEN', 'ACME_URL', 'AWS_SECRET_ACCESS_KEY']],
    [['NODE_*', 'LISTEN_FDS'], []],
  ])('with %j also has %j', (patterns, more) => {
    expect(namesFor(patterns)).toEqual([...BASIC, ...more].toSorted())
  })

  it('leaves out what is excluded although every program needs it', () => {
    expect(namesFor(['!HOME'])).toEqual(BASIC.filter((name) => name !== 'HOME'))
  })

  it("has options of its own for Node, and none of the caller's", () => {
    const env = daemonEnvironment(CALLER, ['*'])
    expect(env['NODE_OPTIONS']).not.toContain('inspect')
    expect('NODE_V8_COVERAGE' in env).toBe(true)
    expect(env['NODE_V8_COVERAGE']).toBeUndefined()
  })
})

it.each([
  [undefined, false],
  ['', false],
  ['0', false],
  ['false', false],
  ['No', false],
  [' off ', false],
  ['1', true],
  ['true', true],
  ['anything', true],
])('a switch with the value %j is on: %j', (value, on) => {
  expect(isOn(value)).toBe(on)
})
