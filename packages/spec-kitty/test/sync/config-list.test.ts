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
  [null, /^sync\.hosted .* SPEC_KITTY_ENABLE_SAAS_SYNC +default$/m],
  [200, /^sync\.hosted .* SPEC_KITTY_ENABLE_SAAS_SYNC +default$/m],
  [60, /^sync\.hosted  +\w+\n  from default; can be set by SPEC_KITTY_ENABLE_SAAS_SYNC$/m],
])('at a width of %s, config list says what sets each setting', async (columns, said) => {
  const { exit, out, err } = await runCommandHere('config-list', [], home, false, columns)
  expect([exit, err]).toEqual([0, ''])
  expect(out).toMatch(said)
})

it('one long path is below its own row, and all else stays one table', async () => {
  const path = join(home, 'config.toml')
  writeFileSync(path, '[sync]\nformat = "batch"\n')
  const wide = (await runCommandHere('config-list', [], home)).out.split('\n')
  const columns = Math.max(...wide.filter((line) => !line.includes(path)).map((line) => line.length))
  const { out } = await runCommandHere('config-list', [], home, false, columns)
  const [header, ...lines] = out.split('\n')
  expect(header).toMatch(/^KEY +VALUE +CAN BE SET BY +FROM$/)
  const apart = lines.filter((line) => line.startsWith(' '))
  expect([apart, lines.every((line) => line.length <= columns)]).toEqual([[`  from ${path}, line 2`], true])
  expect(lines[lines.indexOf(apart[0] ?? '') - 1]).toMatch(/^sync\.format +batch +config\.toml$/)
})

it('shortens neither the file nor the value on a narrow terminal', async () => {
  const path = join(home, 'config.toml')
  writeFileSync(path, '[sync]\nserver_url = "https://a-server-with-a-long-name.example.com/path"\n')
  const { out } = await runCommandHere('config-list', [], home, false, 60)
  expect(out).toContain('https://a-server-with-a-long-name.example.com/path\n')
  expect(out.replaceAll(/\s+/g, ' ')).toContain(`from ${path}, line 2; can be set by SPEC_KITTY_SAAS_URL`)
})
