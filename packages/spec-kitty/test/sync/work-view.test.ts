import { mkdirSync } from 'node:fs'
import type { DaemonStatus } from 'familiar'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startEnvironment } from '../../src/sync/start-environment.js'
import { writeStored } from '../../src/sync/session/write-session-file.js'
import { viewWork } from '../../src/sync/work-view.js'
import { makeHome, type Home } from '../helpers/sign-in.js'

/** What is known about the connection of a daemon that was started with other variables than this shell has. */

let home: Home

beforeEach(() => {
  home = makeHome()
  mkdirSync(home.root, { mode: 0o700 })
  writeStored(home.root, {
    kind: 'device',
    server_url: 'https://sync.example.org',
    principal: 'ann@example.org',
    team: 'cats',
    auth_scope: 'openid',
    signed_in_at: '2026-11-26T12:00:00.000Z',
    expires_at: '2126-11-26T12:00:00.000Z',
    ended_at: null,
    issuer: 'https://id.example.org',
    client_id: 'spec-kitty-cli',
    token_endpoint: 'https://id.example.org/token',
    revocation_endpoint: null,
    resource: null,
    access_token: 'secret-access',
    refresh_token: 'secret-refresh',
  })
})

afterEach(() => {
  vi.unstubAllEnvs()
  home.end()
})

type Env = Readonly<Record<string, string>>

const ON: Env = { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
const PROXY = 'http://proxy.example.org:3128'

async function viewOf(daemon: Env, here: Env) {
  const environment = startEnvironment({ ...ON, ...daemon })
  // Of the state of the daemon, the view asks for nothing else.
  const status = {
    state: 'running',
    implementation: 'own',
    report: { details: { sync: { running: false, environment } } },
  } as unknown as DaemonStatus
  vi.stubEnv('HOME', home.base)
  vi.stubEnv('SPEC_KITTY_HOME', home.root)
  return viewWork(home.root, { ...ON, ...here, HOME: home.base, SPEC_KITTY_HOME: home.root }, status)
}

describe('a server that only a variable names is taken away', () => {
  const OTHER = { SPEC_KITTY_SAAS_URL: 'https://typo.example.org' }

  it('in the shell that has it, and from the daemon', async () => {
    const { why } = await viewOf(OTHER, OTHER)
    expect(why?.command).toMatch(/^unset SPEC_KITTY_SAAS_URL && .*spec-kitty sync restart$/)
    expect(why?.also).toContain('auth login --server https://typo.example.org')
  })

  it('from the daemon only, in a shell that does not have it', async () => {
    const { why } = await viewOf(OTHER, {})
    expect(why).toMatchObject({
      sentence:
        'the sync daemon was started with another server than that of the session: it is for https://sync.example.org, not https://typo.example.org (SPEC_KITTY_SAAS_URL)',
      command: expect.stringMatching(/^SPEC_KITTY_HOME=\S+ spec-kitty sync restart$/),
    })
    expect(why?.also).toBe(undefined)
  })
})

describe('the proxy of a daemon that runs', () => {
  it.each<readonly [string, Env, Env]>([
    ['is excepted only here', { HTTPS_PROXY: PROXY }, { HTTPS_PROXY: PROXY, no_proxy: '*' }],
    [
      'is excepted only here, by the name of the host',
      { HTTPS_PROXY: PROXY },
      { HTTPS_PROXY: PROXY, no_proxy: 'example.org' },
    ],
    ['is another one', { HTTPS_PROXY: PROXY }, { https_proxy: 'http://other.example.org:1', no_proxy: '*' }],
    ['has a lower-case name there', { https_proxy: PROXY }, { HTTPS_PROXY: PROXY, no_proxy: '*' }],
    ['is not set here', { https_proxy: PROXY }, { no_proxy: '*' }],
    ['is set only here', {}, { https_proxy: PROXY }],
  ])('matters if it %s', async (_, daemon, here) => {
    expect((await viewOf(daemon, here)).isDifferenceUnused).toBe(false)
  })

  it.each<readonly [string, Env, Env]>([
    [
      'there and here',
      { HTTPS_PROXY: PROXY, NO_PROXY: '*' },
      { HTTPS_PROXY: PROXY, no_proxy: 'example.org' },
    ],
    ['here, and there is none', {}, { https_proxy: PROXY, no_proxy: '*' }],
    ['there, and here is none', { https_proxy: PROXY, no_proxy: '*' }, {}],
  ])('does not matter if the server is excepted %s', async (_, daemon, here) => {
    expect((await viewOf(daemon, here)).isDifferenceUnused).toBe(true)
  })
})
