import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { runCommandHere } from '../helpers/run-command.js'

afterEach(() => void vi.unstubAllEnvs())
afterAll(removeHomes)

it.each([
  ['sync-opt-in', 'false'],
  ['sync-opt-out', 'true'],
])('%s says that another name of the file keeps the old consent', async (name, before) => {
  const base = makeHome()
  vi.stubEnv('SPEC_KITTY_HOME', join(base, 'home'))
  const project = join(base, 'project')
  const file = join(project, '.kittify', 'config.yaml')
  mkdirSync(join(project, '.kittify'), { recursive: true })
  writeFileSync(file, `sync:\n  enabled: ${before}\n`)
  linkSync(file, join(base, 'other'))
  const said = `${file} had 1 other name (hard links), which keep the old consent`
  const first = await runCommandHere(name, [], project)
  expect([first.exit, first.err.split('\n')[0]]).toEqual([0, said])
  expect((await runCommandHere(name, [], project)).err).not.toContain('hard links')
})
