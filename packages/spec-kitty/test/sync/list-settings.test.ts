import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { heldHere, listSettings } from '../../src/sync/list-settings.js'
import { settingsOf } from '../../src/sync/settings-table.js'

afterAll(removeHomes)

async function listed(env: Readonly<Record<string, string>>, sync: Readonly<Record<string, string>> = {}) {
  const config = {
    state: 'readable',
    path: '/h/config.toml',
    sync,
    placeOf: () => ({ line: 2, column: 14 }),
    keysAbove: [],
    otherTables: [],
    placeAbove: () => null,
  } as const
  const all = await listSettings(settingsOf('/h', env, config), null)
  return new Map(all.map((one) => [one.key, one]))
}

it('calls a URL wrong that no token is sent to, wherever it is set', async () => {
  const words = 'http://a.example is neither https nor http to a loopback address; write https://...'
  const cases = [
    ['sync.server_url', { SPEC_KITTY_SAAS_URL: 'http://a.example/' }, {}, `SPEC_KITTY_SAAS_URL: ${words}`],
    [
      'sync.server_url',
      {},
      { server_url: 'http://a.example' },
      `sync.server_url: ${words} (/h/config.toml, line 2)`,
    ],
    ['sync.issuer', {}, { issuer: 'http://a.example' }, `sync.issuer: ${words} (/h/config.toml, line 2)`],
  ] as const
  for (const [key, env, sync, problem] of cases)
    expect((await listed(env, sync)).get(key)).toMatchObject({
      value: null,
      wrong: { code: 'E_CONFIG_INVALID', problem },
    })
})

it('shows a URL that may be used, and one that is not set', async () => {
  const all = await listed({ SPEC_KITTY_SAAS_URL: 'http://127.0.0.1:9' })
  expect(all.get('sync.server_url')).toMatchObject({ value: 'http://127.0.0.1:9', wrong: null })
  expect(all.get('sync.issuer')).toMatchObject({ value: null, wrong: null })
})

it('says why events of the project here would stay, with the command that changes it', async () => {
  const project = makeHome()
  const here = () => heldHere({ cwd: () => project })
  expect(await here()).toBeNull()
  mkdirSync(join(project, '.kittify'))
  const file = join(project, '.kittify', 'config.yaml')
  const optIn = 'spec-kitty sync opt-in'
  expect(await here()).toEqual({ text: 'this project has not', command: optIn })
  writeFileSync(file, 'sync:\n  enabled: true\n')
  expect(await here()).toBeNull()
  writeFileSync(file, 'sync:\n  enabled: "true"\n')
  expect(await here()).toMatchObject({ text: expect.stringContaining('line 2'), command: optIn })
  writeFileSync(file, 'sync: [\n')
  expect((await here())?.command).toBe('spec-kitty explain consent_unreadable')
  const other = makeHome()
  mkdirSync(join(other, '.kittify'))
  const link = join(other, '.kittify', 'config.yaml')
  symlinkSync(file, link)
  expect(await heldHere({ cwd: () => other })).toEqual({
    text: `${link} cannot be used: it is a link`,
    command: `cp ${link} ${link}.new && mv ${link}.new ${link}`,
  })
})
