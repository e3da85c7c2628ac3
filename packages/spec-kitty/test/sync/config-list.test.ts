import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { runCommandHere } from '../helpers/run-command.js'

const home = mkdtempSync(join(tmpdir(), 'kit-'))
vi.stubEnv('SPEC_KITTY_HOME', home)
vi.stubEnv('SPEC_KITTY_ENABLE_SAAS_SYNC', undefined)
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

/** Messages name a setting by its variable, so the list of the settings does too. */
it.each([
  [null, /^sync\.hosted .* SPEC_KITTY_ENABLE_SAAS_SYNC$/m],
  [200, /^sync\.hosted .* SPEC_KITTY_ENABLE_SAAS_SYNC$/m],
  [60, /^sync\.hosted  +\w+\n  from default; set by SPEC_KITTY_ENABLE_SAAS_SYNC$/m],
])('at a width of %s, config list says what sets each setting', async (columns, said) => {
  const { exit, out, err } = await runCommandHere('config-list', [], home, false, columns)
  expect([exit, err]).toEqual([0, ''])
  expect(out).toMatch(said)
})

it('shortens neither the file nor the value on a narrow terminal', async () => {
  const path = join(home, 'config.toml')
  writeFileSync(path, '[sync]\nserver_url = "https://a-server-with-a-long-name.example.com/path"\n')
  const { out } = await runCommandHere('config-list', [], home, false, 60)
  expect(out).toContain('https://a-server-with-a-long-name.example.com/path\n')
  expect(out.replaceAll(/\s+/g, ' ')).toContain(`from ${path}, line 2; set by SPEC_KITTY_SAAS_URL`)
})
