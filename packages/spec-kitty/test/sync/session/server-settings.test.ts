import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isSafeUrl } from '../../../src/sync/check-server-url.js'
import { readServer } from '../../../src/sync/session/which-server.js'
import { makeHome, type Home } from '../../helpers/sign-in.js'

let home: Home

beforeEach(() => {
  home = makeHome()
  mkdirSync(home.root)
})

afterEach(() => home.end())

const configure = (text: string): void => writeFileSync(join(home.root, 'config.toml'), text)

describe('the server', () => {
  const env = { SPEC_KITTY_SAAS_URL: 'https://environment.example.org' }

  it('is the one given, else that of the environment, else that of the configuration', async () => {
    configure('[sync]\nserver_url = "https://config.example.org/"\n')
    const found = await Promise.all([
      readServer(home.root, env, 'https://given.example.org/api/'),
      readServer(home.root, env, undefined),
      readServer(home.root, { SPEC_KITTY_SAAS_URL: '' }, undefined),
    ])
    expect(found.map(({ serverUrl }) => serverUrl)).toEqual([
      'https://given.example.org/api',
      'https://environment.example.org',
      'https://config.example.org',
    ])
    expect(found[0]).toMatchObject({ issuer: null, clientId: 'spec-kitty-cli' })
  })

  it('has the issuer and client id of the configuration, and an issuer keeps its slash', async () => {
    configure('[sync]\nissuer = "https://id.example.org/tenant/"\nclient_id = "other"\n')
    expect(await readServer(home.root, env, undefined)).toMatchObject({
      issuer: 'https://id.example.org/tenant/',
      clientId: 'other',
    })
  })

  it.each([
    ['', 'is not a URL'],
    ['sync.example.org', 'is not a URL'],
    ['https://HOST', 'is an example: replace HOST'],
    ['https://HOST:8443/api', 'is an example: replace HOST'],
    ['ftp://sync.example.org', 'neither HTTPS nor HTTP to this machine'],
    ['http://sync.example.org', 'neither HTTPS nor HTTP to this machine'],
    ['http://127.0.0.1.example.org', 'neither HTTPS nor HTTP to this machine'],
    ['https://ann:secret@sync.example.org', 'must not contain a user'],
    ['https://sync.example.org/?token=secret', 'must not contain a user'],
    ['https://sync.example.org/#secret', 'must not contain a user'],
  ])('is not %j', async (url, why) => {
    const refused = readServer(home.root, {}, url)
    await expect(refused).rejects.toMatchObject({
      code: 'E_SERVER_URL',
      message: expect.stringContaining(why),
    })
    await expect(refused).rejects.not.toThrow('secret')
  })

  it.each([
    ['SPEC_KITTY_SAAS_URL', { SPEC_KITTY_SAAS_URL: 'http://sync.example.org' }],
    ['sync.server_url', {}],
  ])('is refused by the name of what sets it: %s', async (name, variables) => {
    configure('[sync]\nserver_url = "http://sync.example.org"\n')
    await expect(readServer(home.root, variables, undefined)).rejects.toMatchObject({
      message: `${name} is neither HTTPS nor HTTP to this machine`,
    })
  })

  it('must be named somewhere', async () => {
    await expect(readServer(home.root, {}, undefined)).rejects.toMatchObject({ code: 'E_SERVER_URL' })
  })

  it('is not guessed if the configuration is broken', async () => {
    configure('[sync\n')
    await expect(readServer(home.root, env, undefined)).rejects.toMatchObject({ code: 'E_CONFIG_UNREADABLE' })
  })
})

describe('a URL that may get a token', () => {
  it.each([
    'https://a.example',
    'http://localhost:80',
    'http://127.0.0.1',
    'http://127.9.8.7:1',
    'http://[::1]:1',
  ])('%s', (url) => expect(isSafeUrl(new URL(url))).toBe(true))

  it.each([
    'http://a.example',
    'http://localhost.example',
    'http://10.0.0.1',
    'http://[::2]',
    'ws://127.0.0.1',
    'file:///etc',
  ])('is not %s', (url) => expect(isSafeUrl(new URL(url))).toBe(false))
})
