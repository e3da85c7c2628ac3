import { mkdtempSync, rmSync } from 'node:fs'
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
  [60, /SET BY not shown: widen the terminal, or --json$/m],
])(
  'at a width of %s, config list says what sets each setting, or how that is seen',
  async (columns, said) => {
    const { exit, out, err } = await runCommandHere('config-list', [], home, false, columns)
    expect([exit, err]).toEqual([0, ''])
    expect(out).toMatch(said)
  },
)
